"""A synthetic stand-in for IAM: words in fonts, in IAM's exact layout.

A writer is a font with a slant, a stroke width, spacing, ink, paper, a
wandering baseline and jitter of its own. Nothing of it is handwriting.
"""

import dataclasses
import pathlib

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFilter
from PIL import ImageFont

from tfmi import progress
from tfmi.errors import DataError
from tfmi.files import make_folder
from tfmi.files import write_text
from tfmi.pipelines.iam_files import SYNTHETIC

SUFFIXES = (".ttf", ".otf", ".woff")
WORDS_A_LINE, WORDS_A_FORM = 8, 48
# Grey levels.
INK, PAPER = (20, 110), (225, 250)
NOTICE = f"{SYNTHETIC} stand-in for IAM made by tfmi from fonts; no handwriting"
# Common English words, the most frequent first.
VOCABULARY = """the of to and a in is that was for it with he be on his by at as
    are this had not from but have which were or they an her all their been she
    has will one would there more no when can who out so up into some time could
    him them other about than its only two then now over may these any new first
    like such man work made our people must most before after through much where
    your way well down should because long even back years many also how good
    little house life great world day still same last under never men water hand
    against again room while right small found went another place home head old
    without thought old eyes night women three city country school few young side
    question government Minister Labour London English party House""".split()


@dataclasses.dataclass(frozen=True)
class Hand:
    """How a synthetic writer writes."""

    font: str
    size: int
    slant: float
    stroke: int
    spacing: float
    ink: int
    paper: int
    wander: float
    jitter: float


def synthesize(output, writers, words_per_writer, fonts=None, seed=0, shared_fonts=0):
    """Write a stand-in for IAM.

    Args:
        output: new or empty folder.
        writers, words_per_writer: numbers.
        fonts: folder of fonts (ttf, otf, woff); by default the DejaVu fonts
            that matplotlib carries.
        seed: everything is a function of it and of the fonts.
        shared_fonts: number of the fonts that writers then share, drawn by the seed.
            They differ in slant, stroke, spacing, size and unrest alone: ink and paper,
            which alone would name a writer, are of each word. 0 takes all fonts.

    Returns:
        The number of fonts.

    Raises:
        DataError: for a folder that is in use or cannot be written, and
            without fonts.
    """
    output = pathlib.Path(output)
    paths = _drawn(find_fonts(fonts), shared_fonts, seed)
    make_folder(output)
    if any(output.iterdir()):
        raise DataError(f"the output folder must be new or empty. Received: {output}")
    write_text(output / "SYNTHETIC.txt", f"{NOTICE}\n")
    words, forms = [f"#--- words.txt --- {NOTICE}"], [f"#--- forms.txt --- {NOTICE}"]
    bar = progress.bar(
        total=writers * words_per_writer, unit="word", desc="synthesizing"
    )
    with bar:
        for writer in range(writers):
            generator = np.random.default_rng([seed, writer])
            hand = _hand(paths[writer % len(paths)], generator)
            for name, line in _write_words(
                output / "words",
                writer,
                words_per_writer,
                hand,
                generator,
                bool(shared_fonts),
            ):
                words.append(f"{name} {line}")
                bar.update()
            for form in range(-(-words_per_writer // WORDS_A_FORM)):
                forms.append(f"{_form(writer, form)} {writer:03d} 1 prt 1 1 1 1")
    make_folder(output / "ascii")
    write_text(output / "ascii" / "words.txt", "\n".join(words) + "\n")
    write_text(output / "ascii" / "forms.txt", "\n".join(forms) + "\n")
    return len(paths)


def find_fonts(folder=None):
    """Paths of the fonts in a folder, or of matplotlib's DejaVu fonts."""
    if folder is None:
        import matplotlib

        data = pathlib.Path(matplotlib.get_data_path())
        return sorted(map(str, data.glob("fonts/ttf/DejaVu*.ttf")))
    paths = [
        str(path)
        for path in sorted(pathlib.Path(folder).glob("[!.]*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    ]
    if not paths:
        raise DataError(
            f"--fonts must be a folder of ttf, otf or woff fonts. Received: {folder}"
        )
    return paths


def _drawn(paths, number, seed):
    if number > len(paths):
        raise DataError(
            f"--shared-fonts must be at most the number of fonts ({len(paths)}). "
            f"Received: {number}"
        )
    if not number:
        return paths
    chosen = np.random.default_rng([seed, *b"fonts"]).permutation(len(paths))[:number]
    return [paths[position] for position in sorted(chosen)]


def _hand(font, generator):
    return Hand(
        font,
        size=int(generator.integers(44, 60)),
        slant=generator.uniform(-0.15, 0.4),
        stroke=int(generator.integers(0, 2)),
        spacing=generator.uniform(0.92, 1.15),
        ink=int(generator.integers(*INK)),
        paper=int(generator.integers(*PAPER)),
        wander=generator.uniform(0, 2.5),
        jitter=generator.uniform(0.3, 1.5),
    )


def _form(writer, form):
    return f"s{writer:02d}-{form:03d}"


def _in_a_shade(hand, generator):
    ink, paper = (int(generator.integers(*bounds)) for bounds in (INK, PAPER))
    return dataclasses.replace(hand, ink=ink, paper=paper)


def _write_words(folder, writer, count, hand, generator, any_shade):
    """Write a writer's words; `(name, rest of the line in words.txt)` of each. With
    `any_shade` each word has ink and paper of its own."""
    # About as in English, where one word in fifteen is "the".
    share = 1 / (np.arange(len(VOCABULARY)) + 4)
    texts = generator.choice(VOCABULARY, count, p=share / share.sum())
    try:
        font = ImageFont.truetype(hand.font, hand.size)
    except OSError as error:
        raise DataError(
            f"--fonts must hold readable fonts. Received: {hand.font} ({error})"
        ) from error
    for number, text in enumerate(texts):
        form = _form(writer, number // WORDS_A_FORM)
        line, position = divmod(number % WORDS_A_FORM, WORDS_A_LINE)
        name = f"{form}-{line:02d}-{position:02d}"
        hand = _in_a_shade(hand, generator) if any_shade else hand
        picture = draw_word(str(text), font, hand, generator)
        path = folder / form.split("-")[0] / form / f"{name}.png"
        make_folder(path.parent)
        picture.save(path)
        box = f"{200 * position} {200 * line} {picture.width} {picture.height}"
        yield name, f"ok {(hand.ink + hand.paper) // 2} {box} NN {text}"


def draw_word(text, font, hand, generator):
    """A word in a hand, cut to its ink, as a grey picture."""
    margin = 2 * hand.size
    wide = int(font.getlength(text) * 1.2) + 2 * margin
    canvas = Image.new("L", (wide, 3 * hand.size), 0)
    draw = ImageDraw.Draw(canvas)
    x, baseline = float(margin), 2.0 * hand.size
    phase = generator.uniform(0, 6.28)
    for number, letter in enumerate(text):
        dx, dy = generator.normal(0, hand.jitter, 2)
        y = baseline + hand.wander * np.sin(phase + 0.9 * number) + dy
        place = (x + dx, y)
        draw.text(place, letter, 255, font, anchor="ls", stroke_width=hand.stroke)
        x += font.getlength(letter) * hand.spacing
    shear = (1, hand.slant, -hand.slant * baseline, 0, 1, 0)
    canvas = canvas.transform(
        canvas.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR
    )
    ink = np.asarray(
        canvas.crop(canvas.getbbox()).filter(ImageFilter.GaussianBlur(0.6))
    )
    ink = np.pad(ink, 3) / 255.0
    pixels = hand.paper + (hand.ink - hand.paper) * ink
    pixels += generator.normal(0, 2.5, ink.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
