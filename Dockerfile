# One image for every part of Homeward: `serve`, `worker`, `migrate` and the other commands of `homeward --help`.

FROM python:3.11-slim-bookworm AS build
RUN python -m venv /opt/homeward
WORKDIR /build
COPY requirements/runtime.txt requirements/
RUN /opt/homeward/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md ./
COPY rules rules
COPY orm orm
COPY resolvers resolvers
COPY schema schema
COPY admin_ui admin_ui
COPY workers workers
COPY homeward homeward
RUN /opt/homeward/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin homeward \
    && install --directory --owner=10001 --group=10001 --mode=0700 /srv/homeward
COPY --from=build /opt/homeward /opt/homeward
ENV PATH=/opt/homeward/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["homeward"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
