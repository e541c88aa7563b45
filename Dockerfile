# One image for every stage: docker run IMAGE run enrich
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
# The stage folders and src go together: src/veille reaches them through links.
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY producers producers
COPY processors processors
COPY sinks sinks
COPY src src
RUN python -m venv /opt/veille \
    && /opt/veille/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt .

FROM python:3.11.14-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /var/lib/veille --create-home --shell /usr/sbin/nologin veille
COPY --from=build /opt/veille /opt/veille
ENV PATH=/opt/veille/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /var/lib/veille
VOLUME /var/lib/veille
EXPOSE 8420
ENTRYPOINT ["veille"]
CMD ["run"]
