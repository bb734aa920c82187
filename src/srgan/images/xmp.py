"""XMP packets, changed as bytes: what describes the pixels is corrected, what belongs to data left out is removed."""

import re

from srgan.images.exif_patch import Change

# Namespaces whose properties describe data that a result does not hold: gain and depth maps, videos, thumbnails.
_REMOVED = {
    b"http://ns.adobe.com/hdr-gain-map/1.0/": b"\\w+",
    b"http://ns.apple.com/HDRGainMap/1.0/": b"\\w+",
    b"http://ns.google.com/photos/1.0/container/": b"\\w+",
    b"http://ns.google.com/photos/dd/1.0/": b"\\w+",
    b"http://ns.google.com/photos/1.0/depthmap/": b"\\w+",
    b"http://ns.google.com/photos/1.0/image/": b"\\w+",
    b"http://ns.google.com/photos/1.0/audio/": b"\\w+",
    b"http://ns.google.com/photos/1.0/camera/": b"(?:MicroVideo|MotionPhoto)\\w*",
    b"http://ns.adobe.com/xmp/note/": b"HasExtendedXMP",
    b"http://ns.adobe.com/xap/1.0/": b"Thumbnails",
}
_PANORAMA = b"http://ns.google.com/photos/1.0/panorama/"
_MOST_DIGITS = 18  # of a size; what is longer is none
_TIFF, _EXIF = b"http://ns.adobe.com/tiff/1.0/", b"http://ns.adobe.com/exif/1.0/"


def correct(packet: bytes, change: Change) -> bytes:
    """Return a packet that describes the changed image."""
    width, height = (b"%d" % side for side in change.size)
    numbers = {
        _TIFF: {b"ImageWidth": width, b"ImageLength": height},
        _EXIF: {b"PixelXDimension": width, b"PixelYDimension": height},
    }
    if change.orientation:  # else it is XMP alone that turns the image, for readers that look there
        numbers[_TIFF][b"Orientation"] = b"1"
    for space, names in numbers.items():
        for prefix in _prefixes(packet, space):
            for name, value in names.items():
                packet = _numbers_of(prefix, name).sub(rb"\g<1>" + value, packet)
    for prefix in _prefixes(packet, _PANORAMA):

        def scaled(match: re.Match[bytes]) -> bytes:
            if len(match[2]) > _MOST_DIGITS:
                return match[0]
            return match[1] + b"%d" % round(int(match[2]) * change.factor)

        packet = _numbers_of(prefix, b"\\w+Pixels").sub(scaled, packet)
    for space, names_ in _REMOVED.items():
        for prefix in _prefixes(packet, space):
            packet = _without(packet, prefix + b":" + names_)
    return packet


def _prefixes(packet: bytes, space: bytes) -> list[bytes]:
    """Return the prefixes of a namespace; the usual ones count too where a packet does not declare them."""
    declared = set(re.findall(rb"xmlns:([\w.-]+)\s*=\s*[\"']" + re.escape(space) + rb"[\"']", packet))
    usual = {_TIFF: {b"tiff"}, _EXIF: {b"exif"}}.get(space, set())
    return sorted(re.escape(prefix) for prefix in declared | usual)


def _numbers_of(prefix: bytes, name: bytes) -> re.Pattern[bytes]:
    """Numbers that are the value of an attribute or element."""
    return re.compile(rb"(\b" + prefix + rb":" + name + rb"(?:\s*=\s*[\"']|>\s*))(\d+)")


def _without(packet: bytes, name: bytes) -> bytes:
    """Return the packet without elements and attributes whose name matches."""
    packet = re.sub(rb"<(" + name + rb")\b[^<>]*/>\s*", b"", packet)
    packet = re.sub(rb"<(" + name + rb")\b[^<>]*>.*?</\1\s*>\s*", b"", packet, flags=re.DOTALL)
    return re.sub(rb"\s(?:" + name + rb")\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", packet)
