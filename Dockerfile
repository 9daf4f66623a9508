# docker build -t namecls . && docker run -it --rm -v namecls:/home/namecls namecls
FROM python:3.12-slim

# The CPU's wheel of torch: a quarter of the download.
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu "torch>=2.6"

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY namecls namecls
COPY tui tui
COPY data data
COPY save_model/default save_model/default
RUN pip install --no-cache-dir . && rm -rf /src

RUN useradd --create-home namecls
USER namecls
WORKDIR /home/namecls
ENV LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor
CMD ["namecls-tui"]
