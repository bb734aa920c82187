"""The generators, by the names that models' cards give them."""

from srgan.models.cheung import CheungGenerator
from srgan.models.compact import CompactGenerator
from srgan.models.drcn import Drcn
from srgan.models.edsr import Edsr
from srgan.models.espcn import Espcn
from srgan.models.msrresnet import Msrresnet
from srgan.models.rrdb import RrdbGenerator
from srgan.models.span import Span
from srgan.models.srcnn import Srcnn
from srgan.models.srgan import Generator
from srgan.models.srvgg import Srvgg
from srgan.models.swift import Swift
from srgan.models.ucsd import UcsdGenerator, UcsdSrcnn
from srgan.models.wavelet import WaveletGenerator

AnyGenerator = (
    Generator
    | CompactGenerator
    | Swift
    | CheungGenerator
    | UcsdGenerator
    | UcsdSrcnn
    | Srcnn
    | Espcn
    | Drcn
    | Edsr
    | RrdbGenerator
    | WaveletGenerator
    | Srvgg
    | Span
    | Msrresnet
)

ARCHITECTURES: dict[str, type[AnyGenerator]] = {
    "srgan-generator": Generator,
    "compact-generator": CompactGenerator,
    "swift": Swift,
    "cheung-generator": CheungGenerator,
    "ucsd-generator": UcsdGenerator,
    "ucsd-srcnn": UcsdSrcnn,
    "srcnn": Srcnn,
    "espcn": Espcn,
    "drcn": Drcn,
    "edsr": Edsr,
    "rrdb": RrdbGenerator,
    "wavelet": WaveletGenerator,
    "srvgg": Srvgg,
    "span": Span,
    "msrresnet": Msrresnet,
}
