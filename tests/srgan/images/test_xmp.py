"""XMP packets: what describes the pixels is corrected, and nothing claims data that a result does not hold."""

import pytest

from srgan.images.exif_patch import Change
from srgan.images.xmp import correct

CHANGE = Change((400, 200), (100, 50))
OPENING = (
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    b'xmlns:pano="http://ns.google.com/photos/1.0/panorama/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    b'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"'
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b' tiff:Orientation="6"', b' tiff:Orientation="1"'),
        (b"><tiff:Orientation>6</tiff:Orientation>", b"><tiff:Orientation>1</tiff:Orientation>"),
        (b" tiff:ImageWidth='100' tiff:ImageLength = \"50\"", b" tiff:ImageWidth='400' tiff:ImageLength = \"200\""),
        (b"><exif:PixelXDimension>100</exif:PixelXDimension>", b"><exif:PixelXDimension>400</exif:PixelXDimension>"),
        (b' pano:FullPanoWidthPixels="1000"', b' pano:FullPanoWidthPixels="4000"'),
        *((b' pano:FullPanoWidthPixels="%s"' % digits,) * 2 for digits in (b"1" * 400, b"1" * 5000)),  # no sizes
        (b' hdrgm:Version="1.0" hdrgm:GainMapMax=\'2.3\' xmp:Rating="3"', b' xmp:Rating="3"'),
        (
            b'><Container:Directory><rdf:Seq><rdf:li Container:Item="x"/></rdf:Seq></Container:Directory><a/>',
            b"><a/>",
        ),
        (b' GCamera:MicroVideoOffset="99" GCamera:MotionPhoto="1" GCamera:Other="1"', b' GCamera:Other="1"'),
        (b' xmpNote:HasExtendedXMP="ABC"', b""),
        (b"><xmp:Thumbnails><rdf:Alt><rdf:li/></rdf:Alt></xmp:Thumbnails>", b">"),
        (b' xmp:CreatorTool="camera &amp; co"', b' xmp:CreatorTool="camera &amp; co"'),
    ],
)
def test_packets_are_corrected(before: bytes, after: bytes) -> None:
    assert correct(OPENING + before, CHANGE) == OPENING + after


def test_a_packet_that_declares_nothing_is_still_upright() -> None:
    assert correct(b'<x tiff:Orientation="8"/>', CHANGE) == b'<x tiff:Orientation="1"/>'


def test_an_orientation_that_was_not_applied_is_kept() -> None:
    packet = b'<x tiff:Orientation="8"/>'
    assert correct(packet, Change((400, 200), (100, 50), orientation=0)) == packet
