# The page and the REST service of srgan (docs/web.md).
#
#   docker build -t srgan .
#   docker run --rm -p 8000:8000 -v srgan:/data -e SRGAN_WEB_TOKEN=secret srgan

FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN python -m venv /opt/srgan \
    && /opt/srgan/bin/pip install --no-cache-dir --constraint constraints.txt '.[web]'
# Parts of OpenVINO for other devices and other frameworks' files, and pip: a quarter of the image.
RUN find /opt/srgan -name 'libopenvino_*' \
        ! -name '*_cpu_*' ! -name '*_onnx_*' ! -name '*_ir_*' ! -name 'libopenvino_c.*' -delete \
    && find /opt/srgan -path '*/openvino/libs/cache.json' -delete \
    && /opt/srgan/bin/pip uninstall --yes pip

FROM python:3.12-slim
COPY --from=build /opt/srgan /opt/srgan
RUN install -d -o 10001 -g 10001 /data
ENV PATH=/opt/srgan/bin:$PATH \
    HOME=/tmp
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
ENTRYPOINT ["srgan", "web", "--host", "0.0.0.0", "--port", "8000", "--store", "/data", "--no-browser"]
