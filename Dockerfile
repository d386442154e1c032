# The project's own image: pipeline, API and dashboard, without a compiler and without root.
FROM python:3.12.11-slim-bookworm AS built

WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN python -m venv /opt/medallion \
 && /opt/medallion/bin/pip install --no-cache-dir --constraint constraints.txt '.[s3,mongodb,api,panel,prefect,dask]'

FROM python:3.12.11-slim-bookworm

RUN useradd --uid 10001 --no-create-home --home-dir /tmp medallion
COPY --from=built /opt/medallion /opt/medallion
COPY examples/shop /app/shop
COPY src/medallion_panel/main.py /app/dashboard.py
ENV PATH=/opt/medallion/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER medallion
WORKDIR /app/shop
CMD ["medallion", "run"]
