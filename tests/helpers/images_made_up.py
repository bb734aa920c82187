"""Images made on the spot whose history is known: clean ones like photos and drawings, compressed and noisy ones."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from srgan.images.colour import Pixels
from srgan.images.image import EncodeOptions, write
from tests.helpers.image_files import saved


def photo(seed: int, width: int = 200, height: int = 160) -> Any:
    """(H, W, 3) uint8, clean: texture whose spectrum falls with frequency, much the same in all channels, and edges."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    amplitude = 1 / np.maximum(frequency, random.uniform(0.05, 0.1)) ** 2

    def texture() -> Any:
        values = np.fft.irfft2(amplitude * np.exp(2j * np.pi * random.random(amplitude.shape)), (height, width))
        return values / values.std()

    luma = 128 + 40 * texture()
    y, x = np.mgrid[0:height, 0:width]
    for _ in range(4):
        angle, at = random.uniform(0, np.pi), random.uniform(0.2, 0.8)
        distance = (x - at * width) * np.cos(angle) + (y - at * height) * np.sin(angle)
        luma += random.uniform(-20, 20) * (1 + np.tanh(distance))
    colours = luma[:, :, None] + np.stack([12 * texture() for _ in range(3)], axis=-1)
    return np.clip(np.round(colours), 0, 255).astype(np.uint8)


def drawing(seed: int, width: int = 320, height: int = 240) -> Any:
    """(H, W, 3) uint8: few colours, text and shapes on a plain ground."""
    random = np.random.default_rng(seed)

    def colour() -> tuple[int, ...]:
        return tuple(int(level) for level in random.integers(0, 256, 3))

    image = Image.new("RGB", (width, height), (255, 255, 255) if seed % 2 else colour())
    draw = ImageDraw.Draw(image)
    for number in range(12):
        left, top = (int(random.integers(0, side)) for side in (width, height))
        box = (left, top, left + int(random.integers(8, 120)), top + int(random.integers(8, 90)))
        if number % 3 == 0:
            draw.rectangle(box, fill=colour())
        elif number % 3 == 1:
            draw.ellipse(box, fill=colour(), outline=colour())
        else:
            draw.text((left, top), "what is written here 0123456789", fill=colour())
    return np.asarray(image)


def jpeg(pixels: Pixels, quality: int, *, subsampling: int = 2, **options: Any) -> bytes:
    """A JPEG file of libjpeg; subsampling 0 is 4:4:4, 2 is 4:2:0."""
    return saved(pixels, "JPEG", quality=quality, subsampling=subsampling, **options)


def webp(pixels: Pixels, **options: Any) -> bytes:
    """A WebP file of libwebp."""
    return saved(pixels, "WEBP", **options)


def png(pixels: Pixels) -> bytes:
    """A PNG file."""
    return saved(pixels, "PNG", compress_level=1)


def decoded(contents: bytes) -> Any:
    """The pixels of a file."""
    with Image.open(io.BytesIO(contents)) as image:
        return np.asarray(image)


def noisy(pixels: Pixels, level: float, *, gray: bool = False, seed: int = 0) -> Any:
    """With white noise of this standard deviation, in each channel its own or in all the same."""
    height, width, channels = pixels.shape
    noise = np.random.default_rng(seed).normal(0, level, (height, width, 1 if gray else channels))
    return np.clip(np.round(pixels + noise), 0, 255).astype(np.uint8)


def deep_tiff(pixels: Pixels, folder: Any, *, level: float = 0.3) -> bytes:
    """A TIFF file of 16 bits a channel, with noise of this level of 255 in the bits that 8 do not hold."""
    noise = np.random.default_rng(0).normal(0, 257 * level, pixels.shape)
    deep = np.clip(np.round(257.0 * pixels + noise), 0, 65_535).astype(np.uint16)
    write(folder / "deep.tif", deep, options=EncodeOptions("tiff"), overwrite=True)
    return bytes((folder / "deep.tif").read_bytes())


HEIC = base64.b85decode(
    "0000SW^{RQXk}@500000ZE0pPXk}@5ZE0a<0005WZDn*}000000000XXk=`10000000000aA{+700000000000000000000G-+&aV*mgE07O6l0s"
    "sL300001?EnD)00000005x?0ssI200NEx0RR9100000HUIzsIB98aW&i*H00062000$fZf0cy000000RRAKc4ILB0000LX>Mj^0ssI300IC2MR;j"
    "u000004sdC7Z2$lO00031009VTaB^?}008G{aAR)(004Jrc4I>U1PA~C0G>Di0000U@BsY(`1k+-4+CHT0RR_30Sp2E{{#pC00RJ?H~;_x0017k0"
    "zhE^0RSpO0RaRE00093o;Uyi0{{RXkOUAQvfWkFT-*dS7!Uve0|Af#00RIJfMNgv00=|@!E+ce7?1z}025<xY;ta6Y<K_x01W^JfB*mh6lrsCWdH"
    "yG00000KmY&$KmY&$C}V74Z~y=R5C8xG0RR913;+NC0ssI1&;S4c0{{R2%m4rY0ssI25O8UDX#fBK00RgJ2mk;832Aa~bOQhY02yg;ZD9Za00000"
    "0096227v+t1%!qG000_ka%E-!00000000hSWOHKx0ssL30RR91-)&@JbN~PVohSjX1~MK|vd~>Y#dh=0|NnXKL)pz!y<ca2U1q~?aokL8G426!-g"
    "35=U+;zoR^-~PZ^0>Y8Y(xOnkao%Ff<olZ<oU_5Akjn2d(-kI9O`Z{h%wNqfU5w%GYTTIZW!+_I8UD6#Z0pU~h@LK+@$Hqi4&-g~eK6vL0+XuC?Y"
    "2>o&hK$e{srdzg78W5CnUnNKk2dM;BRIp_cY00u>PX=VTbO-%qQ0000800IFI00IC200sa6044zv00RI30096700000002#4Yh`i("
)
"""A HEIC file of 8 bits (x265, 4:4:4), 12x16 once turned by its orientation 6, EXIF Make "Maker": red above; below,
blue on the left and light gray on the right."""

DEEP_HEIC = base64.b85decode(
    "0000SW^{RQXk}@500000ZE0pPXk}@5ZE0a<0004gZDn*}000000000XXk=`10000000000aA{+700000000000000000000B57=IV*mgE07O6l0R"
    "RC200001q5uH^00000003|R001LtX>Mi!000000RR916=`l}WdZ;I000310BCk&F#rGn01j|zbZr0t000010002~X>f9I0002qX>en20001YXm(>"
    "m0R#vD005jg000009`FGC|N8m>01pFT0096OKmiN^|NjIC00093oHzgg0{{RXx&lC90096hLID8;2mk;B0Gv1g00RI39*_hOAe$}KT{X?XLqUN60"
    "0RIS000930SICM0RRX@0l{+^Fc^>k000wXZ)|dIV{CW;0RRmE27mwn02FC+aAg1h0000006+i$06+i$04QT@VQ>Hd01yBG0096101N;C00IC1|Ih"
    "#c00RI2|I7dY00IC201$9#cxeCt0009D3JL%K02pa-ZD9Za00000009621%Uzs1%v<q0C;U=VRQfh0Bk4$uLiOnP=N4e)><9<*Z=?1*76<LPr5Jl"
    "`A6KZQ2#yOSGJG4KhV4MDPP3|7u*Eg=hh)*F2-vvFo<%gfu*k^)G$|{&Resei+aNQ>B956uRwL-{ioLPeXl@wKh30J-sFIH-SVr^_ZR"
)
"""A HEIC file of 10 bits, 16x12: red on the left; on the right, light gray above blue."""
