"""Where the demo's pictures and captions come from, and which of them are held out.

Two Debian packages give pictures: openclipart-svg (public domain drawings) and fonts-noto-color-emoji with the names
of unicode-cldr-core. A record is {id, source, path or glyphs, title, keywords, key, held_out}; `key` is the normalised
title that decides the side, so that "tree 1" and "tree_2", or a red and a blue button, or the man, woman and person
variants of one emoji, never stand on both sides.
"""

import hashlib
import html
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import wordnet

CLIPART = Path("/usr/share/openclipart/svg")
CLDR = Path("/usr/share/unicode/cldr/common")
EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")

# A title that many files share names a collection, not a drawing; the file name then says more.
COLLECTION_SIZE = 14
COLLECTION = re.compile(r"clipart|nicu buculei|flat icon|theme|icons?et|submission|sibmission|symbol.signs|collection"
                        r"|road signs|sallite|map symbols|illustration by", re.I)
# Long series (1,375 computed stars, 226 playing cards) would drown the rest.
SERIES_LIMIT = 6

# Words that tell variants of one drawing apart, not drawings.
VARIANT_WORDS = set("""a an the of with and in on to for or by bw b w outline simple shaded alt small big large left right
    up down st correct man woman men women person people male female boy girl boys girls prince princess mrs mx mr santa
    mother father light medium dark skin tone hair red green blue yellow orange purple violet pink brown black white grey
    gray gold golden silver colour color coloured colored""".split())
# Keywords that name the archive's own bookkeeping.
DULL_KEYWORDS = set("""unsorted theme icons icon hash special recreation work openclipart lemon_theme_icon appicon mapsym
    signs_and_symbols united_nations_member networksym weathersym musicstuff miscellany stock imformation mimeicon
    mimetypes mime-types filesystem creation action application magick""".split())
SKIN_TONES = set(map(chr, range(0x1F3FB, 0x1F400)))


def words_of(text):
    """Lower-case words without digits: 'Tree_01 (Oak)' -> ['tree', 'oak']."""
    return [w for w in re.findall(r"[^\W\d_]+", text.lower()) if w]


def singular(word):
    """Plain English plural stripping, enough to put 'clouds' beside 'cloud'."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def normalised(title):
    words = words_of(title)
    kept = [singular(w) for w in words if w not in VARIANT_WORDS]
    return " ".join(kept or words)


def is_held_out(key):
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10 == 0


def is_validation(key):
    """A slice of the training side, for choices made while training: the held-out side is looked at once, at the end."""
    return not is_held_out(key) and int(hashlib.sha256(("v " + key).encode()).hexdigest(), 16) % 20 == 0


def title_from_file_name(stem, lemmas):
    """The words of a file name, or None unless every one of them is an English word."""
    title = []
    for word in words_of(stem):
        if len(word) < 3:
            continue
        if word in lemmas or singular(word) in lemmas:
            title.append(word)
            continue
        cuts = [(word[:i], word[i:]) for i in range(3, len(word) - 2)]
        cuts = [cut for cut in cuts if cut[0] in lemmas and cut[1] in lemmas]
        if not cuts:
            return None
        title.extend(min(cuts, key=lambda cut: abs(len(cut[0]) - len(cut[1]))))
    return " ".join(title) or None


def unscrambled(text):
    """Undoes UTF-8 that was once read as Latin-1: 'LÃ©zard' -> 'Lézard'."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def clean_title(text):
    text = unscrambled(html.unescape(html.unescape(text)))  # some were escaped twice
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)  # HedgeShears
    text = re.sub(r"[_\s]+", " ", text).strip(" -.,")
    return re.sub(r"\s*\d+$", "", text).strip(" -") or text


def clean_keywords(words, path):
    words = [re.sub(r"[_\s]+", " ", html.unescape(w)).strip().lower() for w in words
             if w.strip().lower() not in DULL_KEYWORDS]
    words = [unscrambled(w) for w in words if not re.match(r"hash\(|0x|http|.*-theme$", w) and re.search(r"[a-z]{2}", w)]
    if len(words) < 2:  # the folder names are the archive's own coarse keywords
        words += [f.replace("_", " ") for f in path.parts[:-1] if f not in DULL_KEYWORDS and not f.endswith("-theme")]
    return sorted(set(words))


def clipart_records():
    lemmas = wordnet.single_words()
    rows, seen = [], set()
    for path in sorted(CLIPART.rglob("*.svg")):
        if path.is_symlink():
            continue
        content = path.read_text(errors="replace")
        digest = hashlib.sha256(content.encode()).digest()
        if digest in seen:
            continue
        seen.add(digest)
        meta = re.search(r"<metadata.*?</metadata>", content, re.S)
        meta = meta.group(0) if meta else ""
        title = re.search(r"<dc:title>(.*?)</dc:title>", meta, re.S)
        rows.append((path.relative_to(CLIPART), title.group(1).strip() if title else "",
                     re.findall(r"<rdf:li>(.*?)</rdf:li>", meta, re.S)))
    shared = Counter(title.lower() for _, title, _ in rows)
    for path, title, keywords in rows:
        if not title or shared[title.lower()] >= COLLECTION_SIZE or COLLECTION.search(title):
            title = title_from_file_name(path.stem, lemmas)
        title = clean_title(title or "")
        if words_of(title):
            yield {"id": str(path), "source": "openclipart", "path": str(CLIPART / path), "title": title,
                   "keywords": clean_keywords(keywords, path)}


def emoji_records():
    """Every named emoji except its five skin-tone copies, which are the same drawing again."""
    names, keywords = {}, {}
    for folder in ("annotations", "annotationsDerived"):
        for entry in ElementTree.parse(CLDR / folder / "en.xml").iter("annotation"):
            glyphs = entry.get("cp")
            if SKIN_TONES & set(glyphs) or max(map(ord, glyphs)) < 0x2000:
                continue
            if entry.get("type") == "tts":
                names[glyphs] = entry.text.strip()
            else:
                keywords[glyphs] = [w.strip().lower() for w in entry.text.split("|")]
    for glyphs, name in sorted(names.items()):
        if words_of(name):
            yield {"id": "emoji/" + "-".join(f"{ord(c):x}" for c in glyphs), "source": "noto-emoji", "glyphs": glyphs,
                   "title": name, "keywords": sorted(set(keywords.get(glyphs, [])) - {name.lower()})}


def all_records():
    """Every picture with its side, at most SERIES_LIMIT of one normalised title and source."""
    kept, count = [], Counter()
    for record in list(clipart_records()) + list(emoji_records()):
        record["key"] = normalised(record["title"])
        count[record["source"], record["key"]] += 1
        if record["source"] == "openclipart" and count[record["source"], record["key"]] > SERIES_LIMIT:
            continue
        record["held_out"] = is_held_out(record["key"])
        record["validation"] = is_validation(record["key"])
        kept.append(record)
    return kept
