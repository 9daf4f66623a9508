"""Tables that `build.py` works from: sources, label merges, word lists, thresholds.

Nothing here computes anything. Every decision about what enters the dataset that is a matter
of judgement rather than of code stands in this file, so that it can be read and changed in
one place.
"""

from typing import NamedTuple


def _words(*lines: str) -> frozenset[str]:
    """Return the set of the words in the lines."""
    return frozenset(word for line in lines for word in line.split())


class Wheel(NamedTuple):
    """A pinned wheel: distribution name, version, file name and SHA-256 of the file."""

    project: str
    version: str
    filename: str
    sha256: str


class NameList(NamedTuple):
    """A list of family names inside a wheel.

    `keys` are the JSON keys or Python variables to read; an empty `keys` means that the file
    is a mapping from family name to number of bearers.
    """

    wheel: str
    path: str
    keys: tuple[str, ...]
    label: str
    script: str = "latin"


WHEELS = (
    Wheel(
        "name2nat",
        "0.5.1",
        "name2nat-0.5.1-py3-none-any.whl",
        "cf6c45de61accfeb1d80c9ae86efd42fcf40cac481da5ab04d8a66dd7195fe94",
    ),
    Wheel(
        "mimesis",
        "22.2.0",
        "mimesis-22.2.0-py3-none-any.whl",
        "037011eb3d5edf0b0b5d9eafd74d9881f6dce25b4f01032da0e13fb2a56f37e9",
    ),
    Wheel(
        "Faker",
        "40.54.0",
        "faker-40.54.0-py3-none-any.whl",
        "2dd88ee8cb63a9149e19ef48bdd73879bc3854d8ba2d6c1535e902a762e603f7",
    ),
    Wheel(
        "rname",
        "0.3.7",
        "rname-0.3.7-py3-none-any.whl",
        "2e0bcde8f8cec0560ffa743a91effa7a58ca5e5a30aa025da28d35a2ffdde7e2",
    ),
)

PEOPLE_PICKLE = "name2nat/name2nats.pkl"


def _mimesis(locale: str, label: str, script: str = "latin") -> NameList:
    path = f"mimesis/datasets/{locale}/person.json"
    return NameList("mimesis", path, ("surnames",), label, script)


def _faker(locale: str, label: str, *keys: str, script: str = "latin") -> NameList:
    path = f"faker/providers/person/{locale}/__init__.py"
    return NameList("Faker", path, keys or ("last_names",), label, script)


def _rname(file: str, label: str) -> NameList:
    return NameList("rname", f"randname/data/{file}", (), label)


# Lists of family names. They fill the peoples that name2nat misses (its search for
# nationalities did not find most adjectives in -ish, -ese of two words, -ic, ...) and add to
# those it holds few of.
NAME_LISTS = (
    _rname("PL/last_names/2020_M", "Polish"),
    _rname("PL/last_names/2020_F", "Polish"),
    _rname("ES/last_names/2020_N", "Spanish"),
    _mimesis("pl", "Polish"),
    _mimesis("sv", "Swedish"),
    _mimesis("da", "Danish"),
    _mimesis("fi", "Finnish"),
    _mimesis("tr", "Turkish"),
    _mimesis("hr", "Croatian"),
    _mimesis("es", "Spanish"),
    _mimesis("is", "Icelandic"),
    _mimesis("et", "Estonian"),
    _mimesis("az", "Azerbaijani"),
    _mimesis("hu", "Hungarian"),
    _mimesis("kk", "Kazakh", "kazakh"),
    _faker("pl_PL", "Polish", "unisex_last_names", "male_last_names"),
    _faker("es_ES", "Spanish"),
    _faker("sv_SE", "Swedish"),
    _faker("da_DK", "Danish"),
    _faker("fi_FI", "Finnish"),
    _faker("tr_TR", "Turkish"),
    _faker("hr_HR", "Croatian"),
    _faker("sl_SI", "Slovenian"),
    _faker("ka_GE", "Georgian", script="georgian"),
    _faker("et_EE", "Estonian", "last_names_est"),
    _faker("lt_LT", "Lithuanian"),
    _faker("lv_LV", "Latvian", "last_names_nonbinary", "last_names_male", "last_names_female"),
    _faker("az_AZ", "Azerbaijani", "last_names_male", "last_names_female", "last_names_unisex"),
    _faker("sk_SK", "Slovak", "last_names_male", "last_names_female"),
    _faker("cs_CZ", "Czech", "last_names_male", "last_names_female"),
    _faker("hu_HU", "Hungarian"),
    _faker("ga_IE", "Irish"),
    _faker("en_KE", "Kenyan"),
    _faker("tw_GH", "Ghanaian", "last_names_male", "last_names_female"),
    _faker("yo_NG", "Nigerian", "last_names_male"),
    _faker("ig_NG", "Nigerian"),
    _faker("en_NG", "Nigerian"),
    _faker("en_TH", "Thai"),
    _faker("vi_VN", "Vietnamese"),
    _faker("pt_PT", "Portuguese"),
    _faker("pt_BR", "Portuguese"),
    _faker("ro_RO", "Romanian"),
)

# Labels of the dataset, and the name2nat labels that stand for each. A name2nat label that
# does not occur here is left out; `README.md` says why.
LABELS: dict[str, frozenset[str]] = {
    "Albanian": _words("Albanian"),
    "Arabic": _words(
        "Algerian Bahraini Egyptian Emirati Iraqi Jordanian Kuwaiti Lebanese Libyan",
        "Moroccan Omani Palestinian Qatari Saudi Sudanese Syrian Tunisian Yemeni",
    ),
    "Armenian": _words("Armenian"),
    "Azerbaijani": _words("Azerbaijani"),
    "Bangladeshi": _words("Bangladeshi"),
    "Basque": _words("Basque"),
    "Belarusian": _words("Belarusian"),
    "Bulgarian": _words("Bulgarian"),
    "Burmese": _words("Burmese"),
    "Cameroonian": _words("Cameroonian"),
    "Catalan": _words("Catalan Andorran"),
    "Chinese": _words("Chinese Taiwanese"),
    "Croatian": _words("Croat"),
    "Czech": _words("Czech"),
    "Danish": _words(),
    "Dutch": _words("Dutch"),
    "English": _words("English"),
    "Estonian": _words("Estonian"),
    "Ethiopian": _words("Ethiopian Eritrean"),
    "Filipino": _words("Filipino"),
    "Finnish": _words(),
    "French": _words("French"),
    "Georgian": _words("Georgian"),
    "German": _words("German Austrian"),
    "Ghanaian": _words("Ghanaian"),
    "Greek": _words("Greek Cypriot"),
    "Hungarian": _words("Hungarian"),
    "Icelandic": _words(),
    "Indian": _words("Indian"),
    "Indonesian": _words("Indonesian"),
    "Iranian": _words("Iranian"),
    "Irish": _words("Irish"),
    "Israeli": _words("Israeli"),
    "Italian": _words("Italian Sammarinese"),
    "Japanese": _words("Japanese"),
    "Kazakh": _words("Kazakh"),
    "Kenyan": _words("Kenyan"),
    "Korean": _words("Korean"),
    "Latvian": _words("Latvian"),
    "Lithuanian": _words("Lithuanian"),
    "Macedonian": _words("Macedonian"),
    "Malagasy": _words("Malagasy"),
    "Malaysian": _words("Malaysian"),
    "Maltese": _words("Maltese"),
    "Nepalese": _words("Nepalese"),
    "Nigerian": _words("Nigerian"),
    "Norwegian": _words("Norwegian"),
    "Pakistani": _words("Pakistani"),
    "Polish": _words(),
    "Portuguese": _words("Portuguese Brazilian Angolan"),
    "Romanian": _words("Romanian Moldovan"),
    "Russian": _words("Russian"),
    "Samoan": _words("Samoan"),
    "Senegalese": _words("Senegalese"),
    "Serbian": _words("Serb Montenegrin"),
    "Slovak": _words("Slovak"),
    "Slovenian": _words("Slovene"),
    "Spanish": _words(
        "Argentine Bolivian Chilean Colombian Cuban Dominican Ecuadorian Guatemalan",
        "Honduran Mexican Nicaraguan Panamanian Paraguayan Peruvian Salvadoran Uruguayan",
        "Venezuelan",
    ),
    "Swedish": _words(),
    "Tamil": _words("Tamil"),
    "Thai": _words("Thai"),
    "Tongan": _words("Tongan"),
    "Turkish": _words(),
    "Ugandan": _words("Ugandan"),
    "Ukrainian": _words("Ukrainian"),
    "Vietnamese": _words("Vietnamese"),
    "Welsh": _words("Welsh"),
}

# Peoples that write the family name first.
FAMILY_FIRST = _words("Chinese Korean Vietnamese")

# Words in lower case that belong to the family name that follows them.
PARTICLES = _words(
    "á af al ap av bin ben da dal dalla das de de' degli dei del dela della delle den der des",
    "di do dos du el het ibn il í la las le los op 't te ten ter tot van vanden vom von zu zum",
    "zur",
)

# Words in upper case that belong to the family name that follows them: the name is never
# written without them.
NAME_PREFIXES = _words(
    "Abd Abdel Abdul Abou Abu Al Bel Ben Bin Bou D' Da Dal Dalla Dall' De Degli Dei Del Dela",
    "Della Den Der Des Di Do Dos Du El Fitz Haj Ibn La Las Le Lo Los Mac Mc Ní Nic Ó O' Ould San",
    "Santa Santo St St. Te Ten Ter Ua Uí Van Vande Vanden Vander Von",
)

SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "v", "esq.", "junior", "senior"})

# A person whose name holds one of these words is left out: an event, a group, a ruler known
# by a given name and a place, a title in place of a name.
STOP_WORDS = _words(
    "of the and in on for by with from to at brothers sisters family twins death murder killing",
    "shooting disappearance list attack case trial victims group gang elder younger great",
    "alias dit dite née son daughter wife works bint binti ferch ingen und et saint st",
    "disambiguation company band club team",
)

# Words in lower case that may stand inside a family name, besides the particles.
INNER_WORDS = _words("an na mac y e i")

# Bynames and errors of the sources that the rules do not catch.
EXCLUDED = _words(
    "Philadelphus Porphyrogenita Porphyrogenitus Monophthalmus Epigonos Kalaphates Monomachos",
    "Stsdóttirlaugsdóttir Rangoon Snr Lalibela Temirbulatovy Hs Ap FiGo Tizzle",
)

# A person whose name begins with one of these is left out, for the same reason.
STOP_FIRST = _words(
    "Archduke Archduchess Baron Bishop Brother Captain Count Countess DJ Death Duchess Duke",
    "Emperor Empress Father Grand King Lady Lord MC Marquis Master Metropolitan Mother Mr.",
    "Mrs. Murder Patriarch Pope Prince Princess Queen Saint Sister St. Sultan The Ustad",
    "Archbishop Cardinal Consort Crown",
)

# Words that end a name and are no family name: titles, ranks, ordinals.
NOT_FAMILY = _words(
    "agha aga bey bej beg begum efendi effendi hanım hatun khatun khanum lama pasha paşa",
    "rinpoche sultan baronet earl duke junior senior sensei sama san hime daughter elder",
    "brothers the count comte king queen prince princess",
)

# Labels that count as foreign in a list of names of a European country. Such a list also holds
# the names of people who moved there, and those are taken out.
FOREIGN_IN_EUROPE = _words(
    "Arabic Bangladeshi Burmese Cameroonian Chinese Ethiopian Filipino Ghanaian Indian",
    "Indonesian Iranian Japanese Kenyan Korean Malaysian Nepalese Nigerian Pakistani Samoan",
    "Senegalese Tamil Thai Tongan Turkish Ugandan Vietnamese",
)

# Neighbours that share many family names. What they hold does not count against a list.
NEIGHBOURS = (
    _words("English Irish Welsh"),
    _words("Danish Estonian Finnish Icelandic Norwegian Swedish"),
    _words("Bulgarian Croatian Macedonian Serbian Slovenian"),
    _words("Belarusian Czech Polish Slovak Ukrainian"),
    _words("Azerbaijani Kazakh Russian"),
    _words("Basque Catalan Filipino Portuguese Spanish"),
)

# Spellings that belong to one people. Names spelled so are added to the label like a list,
# whatever nationality name2nat gives to the bearers.
SPELLINGS = {
    "Finnish": r"\w+([aäoöuy]inen|änen|önen|[klmnrst]inen)\Z",
    "Georgian": r"[^Ii]\w+(shvili|[ai]dze)\Z",
    "Icelandic": r"\w+dóttir\Z|\w*[ðí]\w*sson\Z",
    "Swedish": r"[^L]\w+([kq]vist|ström|löf|[lmry]gren|[nd]dgren)\Z",
    "Turkish": r"([^əƏ]*[ığ][^əƏ]*|\w+türk|\w+demir)\Z",
}

# What a family name of the label must look like. name2nat's Georgian holds people of the
# American state as well.
REQUIRED = {
    "Georgian": r".*(shvili|dze|ia|iani|ani|uri|uli|eli|ava|ua|aia|oni)\Z",
}

# What a family name of the label must not look like. Sinhalese cricketers stand under Tamil
# (they played for the club Tamil Union, it seems); Thai boxers bear the name of their gym.
FORBIDDEN = {
    "Thai": r".*([Gg]ym|[Aa]cademy)\Z",
    "Tamil": r".*(sing?he|singha|wardh?en[ae]|seker?[ae]|sekara|nayak[ae]|ratn[ae]|tilak[ae]|kumara"
    r"|koon|arachchi|goda|gama|gedara|pala|jith|sooriya|rathn[ae]|suriya|sanka|peruma)\Z",
}

# Labels whose names are also given without their marks, as they are written abroad.
PLAIN_TOO = _words("Turkish Vietnamese")

# Romanisations of Chinese family names outside mainland China (from Cantonese, Hokkien,
# Teochew and Hakka, or in the older spellings of Taiwan). Only those that someone in name2nat bears
# become names of the dataset.
CHINESE_ABROAD = _words(
    "Ang Au Auyeung Aw Chai Cham Chan Chang Chau Chee Cheng Cheong Cheuk Cheung Chew Chia Chiang",
    "Chiew Chin Ching Chiu Cho Choi Chong Choo Chou Chow Choy Chu Chua Chuang Chui Chung Fong",
    "Foo Fung Goh Hau Heng Ho Hsia Hsiao Hsieh Hsiung Hsu Hui Hung Ip Kam Kan Khoo Kho Ko Koh",
    "Kok Koo Kuan Kuo Kwan Kwok Kwong Kuok Lai Lam Lau Law Lee Leong Leung Liang Liao Liew Lim",
    "Lo Loh Loke Low Lui Luk Lum Mak Mok Mui Ng Ngai Ngan Oei Oh Ong Ooi Pang Peh Phua Poon Pun",
    "Quah Quek Seah See Seow Shek Shih Shum Sim Siu Siew So Soh Soo Soon Sze Szeto Tai Tam Tan",
    "Tang Tay Teh Teo Teoh Thong Ting Toh Tong Tou Tsai Tsang Tse Tseng Tso Tsoi Tsui Tung Wan",
    "Wee Wong Woo Wu Yam Yap Yau Yee Yeo Yeoh Yeung Yim Yip Yiu Yu Yue Yuen Yung",
)

# Peoples of whom many have a Chinese name: a person whose first or last word is a Chinese family
# name is not counted. (Where it comes first, the last word is part of a given name.)
PARTLY_CHINESE = _words("Burmese Filipino Indonesian Malaysian Thai")

# Labels in which a name with one bearer is not trusted.
NO_SINGLES = _words("Bangladeshi Filipino Malaysian Maltese Pakistani Tamil Welsh")

# Labels without family-name prefixes: what looks like one is a syllable of the name.
NO_PREFIXES = _words("Burmese Cameroonian Ghanaian Indonesian Thai")

# Smoothing: people added to the size of every label before a rate is taken, so that one
# bearer in a small label does not outweigh a hundred in a large one.
SMOOTHING = 1500
# A list without counts gives each of its names the rate 1 / length, but at most this one.
LIST_RATE_CAP = 5e-4
# A name stands under a label that holds at least this share of its rates ...
MIN_SHARE = 0.4
# ... and at least this many bearers, ...
MIN_BEARERS = 2
# ... or where the label is the first of the name's labels and has this many bearers.
SOLID_BEARERS = 5
# A name also stands under a label with this many bearers at this share: so the common names
# of several peoples keep them all.
COMMON_BEARERS = 30
COMMON_SHARE = 0.05
# In a label with fewer people than this, one bearer is enough if no other label has the name
# and at most MAX_ELSEWHERE people of the nationalities that are left out.
SMALL_LABEL = 10000
MAX_ELSEWHERE = 1
# A letter belongs to a label if this many of its well-attested names have it. A name with one
# bearer must be written in such letters.
LETTER_NAMES = 3
# A listed name is kept at this share already.
MIN_LIST_SHARE = 0.25
# A listed European name is dropped when non-European labels hold this share of it.
MAX_FOREIGN_SHARE = 0.3
# At most this many names of a label are kept: the most borne ones.
MAX_NAMES = 3000
# A label with fewer names than this is left out.
MIN_NAMES = 60
# First words that occur often and are no family names.
NOT_FAMILY_FIRST = {
    "Chinese": _words(
        "A Ah Al Alan Amanda Andrew Danny Luke Matthew Miloš Peter Stephanie Vladimir Big",
        "Concubine Consort Little Mc Mei Noble Old Xiao",
    ),
    "Korean": _words("Big Little Crown Dmitry Don Mikhail Nikolai Sergey"),
    "Vietnamese": _words(
        "Anh Bao Bà Bảo Hong Hương Huong Huy Huyền Khanh Khánh Khuong Madame Minh Ngoc Ngọc",
        "Joseph Paul Pierre Tony Phuong Phương Quang Thanh Thich Thien Thích Van Xuan Xuân",
    ),
}
# A first word is a given name if this share of its bearers has a family name in the last place.
MAX_FAMILY_LAST = 0.6
# A first word with this many bearers is a family name where the family name comes first.
FAMILY_FIRST_BEARERS = 3

_GEORGIAN = "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h"
_KAZAKH = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya a g k n o u u h i"

# Georgian: the national system of 2002, apostrophes left out (as names are written abroad).
# Kazakh: the Russian forms of the names, as in passports of the last decades.
TRANSLITERATION = {
    "georgian": dict(
        zip(
            "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
            _GEORGIAN.split(),
            strict=True,
        )
    ),
    "kazakh": dict(
        zip(
            "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі",
            _KAZAKH.split(" "),
            strict=True,
        )
    ),
}
