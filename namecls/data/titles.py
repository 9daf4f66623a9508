"""Titles of columns, in the languages in which people write them: which are of names, and which of labels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

Kind = Literal["name", "label"]

#: Words of titles; those of a row above are preferred to those below.
_NAMES = (
    """name names full_name fullname person naam nom nome nombre nombre_completo nom_complet nome_completo namn
    navn nimi név teljes_név imię imię_i_nazwisko jméno meno ime име имя имена фио ім'я піб όνομα ονοματεπώνυμο
    isim ad ad_soyad adı_soyadı 姓名 名字 人名 名前 氏名 이름 성명 tên họ_tên họ_và_tên ชื่อ नाम اسم الاسم نام
    שם სახელი անուն nama jina emri vardas vārds nume ainm enw izena nafn নাম பெயர்""",
    """surname surnames family_name familyname last_name lastname last lname nachname familienname
    nom_de_famille patronyme apellido apellidos cognome cognomi sobrenome apelido achternaam efternamn efternavn
    etternavn sukunimi vezetéknév családnév nazwisko nazwiska příjmení priezvisko prezime priimek фамилия
    фамилии фамилно_име прізвище презиме επώνυμο επίθετο soyad soyadı soyisim 姓 姓氏 苗字 성 성씨 họ नाम_उपनाम
    لقب اللقب اسم_العائلة שם_משפחה გვარი ազգանուն mbiemri pavardė uzvārds perekonnanimi marga""",
    """first_name firstname first fname given_name givenname forename forenames vorname vornamen prénom prenom
    prénoms nombre_de_pila voornaam förnamn fornavn etunimi keresztnév utónév křestní_jméno krstné_meno prenume
    имена_лични прізвисько 名 eesnimi eiginnafn""",
    "text word words string input entity token customer author player user username actor nombre_y_apellidos",
)
_LABELS = (
    """label labels class target category etikett etykieta klasse clase classe klasa kategorie kategoria
    kategória categoría catégorie categoria kategori метка класс категория мітка ετικέτα etiket 标签 標籤 类别
    類別 ラベル カテゴリ 라벨 레이블 分类 nhãn""",
    """nationality nationalities nation country countries people nationalität staatsangehörigkeit nationalité
    nacionalidad nazionalità nacionalidade nationaliteit nationalitet kansalaisuus narodowość obywatelstwo
    národnost národnosť nemzetiség állampolgárság национальность гражданство національність громадянство
    националност εθνικότητα uyruk milliyet 国籍 國籍 국적 quốc_tịch สัญชาติ राष्ट्रीयता جنسية الجنسية ملیت לאום
    kewarganegaraan land staat pays país pais paese maa kraj země krajina ország страна країна държава држава
    država χώρα ülke 国家 國家 国 国名 나라 국가 quốc_gia ประเทศ देश بلد البلد دولة الدولة کشور ארץ מדינה negara
    nchi țară riik valsts šalis ქვეყანა երկիր tír herri country_code nat iso""",
    """ethnicity ethnic ethnicities ethnic_group race culture origin origins ethnie ethnizität herkunft
    herkunftsland origine origen origem oorsprong ursprung oprindelse opprinnelse alkuperä pochodzenie původ
    pôvod származás происхождение этнос походження произход порекло podrijetlo καταγωγή köken 民族 种族 種族
    人种 인종 민족 dân_tộc""",
    """language lang languages sprache langue idioma lengua lingua língua taal språk sprog kieli język jazyk
    jezik nyelv язык мова език језик γλώσσα dil 语言 語言 言語 언어 ngôn_ngữ ภาษา भाषा لغة اللغة زبان שפה bahasa
    lugha limba limbă keel valoda kalba ენა լեզու""",
    """gender sex geschlecht sexe sexo genere género gênero geslacht kön køn kjønn sukupuoli płeć pohlaví
    pohlavie nem spol пол стать φύλο cinsiyet 性别 性別 성별 giới_tính เพศ लिंग جنس الجنس جنسیت מין region
    continent group""",
)
_BETWEEN = re.compile(r"[^\w']+")
_LONGEST = 40  # characters of a title that is looked up
_MOST_WORDS = 4


def _folded(title: str) -> str:
    text = unicodedata.normalize("NFKC", title[: 2 * _LONGEST]).casefold()
    return _BETWEEN.sub("_", text).strip("_")


def _ranks(groups: Sequence[str]) -> dict[str, int]:
    return {_folded(word): rank for rank, words in reversed([*enumerate(groups)]) for word in words.split()}


_RANKS: dict[Kind, dict[str, int]] = {"label": _ranks(_LABELS), "name": _ranks(_NAMES)}


def rank(title: str, kind: Kind) -> int | None:
    """How well a title tells that names, or labels, are below it, 0 the best; None if it does not."""
    folded = _folded(title)
    if not folded or len(folded) > _LONGEST:
        return None
    for known, ranks in _RANKS.items():
        if folded in ranks:
            return ranks[folded] if known == kind else None
    words = folded.split("_")
    if len(words) > _MOST_WORDS:
        return None
    # "country name" is a country; "name of the person" is a name.
    of_labels, of_names = ([ranks[word] for word in words if word in ranks] for ranks in _RANKS.values())
    if kind == "label":
        return min(of_labels, default=None)
    return None if of_labels else min(of_names, default=None)


def best(titles: Sequence[str], kind: Kind, beside: int | None = None) -> int | None:
    """The position of the title that tells best of names, or of labels.

    :param beside: a position that is taken.
    """
    found = [
        (place, at)
        for at, title in enumerate(titles)
        if at != beside and (place := rank(title, kind)) is not None
    ]
    return min(found)[1] if found else None


def are_titles(fields: Sequence[str]) -> bool:
    """Whether a row can only be titles: there is one of names and one of labels."""
    name = best(fields, "name")
    return name is not None and best(fields, "label", beside=name) is not None
