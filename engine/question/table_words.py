"""Find in a question what it asks of a table: an operation, the dimension of a column, comparisons and negations.

The words are those of English, German, French and Spanish, folded (`engine.text.words.folded`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from engine.text.numbers import number_in
from engine.text.words import folded, raw_words

LANGUAGES = ("en", "de", "fr", "es")
"""The languages of these words."""


class Operation(StrEnum):
    """What is asked of the cells of a column; a LOOKUP asks for the cells themselves."""

    LOOKUP = "lookup"
    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    MOST = "most"
    LEAST = "least"


class OperationWords(NamedTuple):
    """Words `start` to `end` (excluded) of a question that ask for an operation, and the dimension that they imply."""

    start: int
    end: int
    operation: Operation
    dimension: str = ""


class Comparison(NamedTuple):
    """Words `start` to `end` (excluded) that compare with a number: `more than 3`; `sign` is one of > >= < <=."""

    start: int
    end: int
    sign: str
    number: Decimal
    dimension: str = ""


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question with its words as written and folded, and what some of them ask; words are given by their numbers.

    `dimensions` maps words such as "long" or "spent" to their dimension; `generic` are words without a meaning of
    their own in a question to a table, `negations` those that deny what follows.
    """

    raw: tuple[str, ...]
    forms: tuple[str, ...]
    operations: tuple[OperationWords, ...]
    comparisons: tuple[Comparison, ...]
    dimensions: Mapping[int, str]
    generic: frozenset[int]
    negations: frozenset[int]


_PHRASES: Mapping[Operation, str] = {
    Operation.COUNT: """how many; the number of; total number of; wie viele; wieviele; wie vielen; die anzahl
        der; anzahl der; combien de; combien d; le nombre de; cuantos; cuantas; el numero de""",
    Operation.SUM: """total; in total; altogether; all told; sum; the sum of; combined; insgesamt; summe; gesamtsumme;
        gesamt; zusammen; zusammengerechnet; au total; en tout; somme; la somme de; en total; suma; la suma
        de""",
    Operation.MEAN: """average; on average; mean; durchschnitt; durchschnittlich; durchschnittliche; im durchschnitt;
        im schnitt; mittelwert; moyenne; en moyenne; promedio; en promedio; media de""",
    Operation.MOST: """most; highest; largest; biggest; greatest; maximum; max; hochste; hochsten; hochster; grosste;
        grossten; grosster; grosstes; hochstes; meiste; meisten; maximale; le plus; la plus; les plus; el
        mas; la mas; los mas; las mas; mayor; maximo; maxima""",
    Operation.LEAST: """least; lowest; smallest; fewest; minimum; min; niedrigste; niedrigsten; niedrigster;
        niedrigstes; kleinste; kleinsten; kleinster; kleinstes; wenigste; wenigsten; geringste; geringsten; minimale; le
        moins; la moins; les moins; el menos; la menos; los menos; las menos; menor; minimo; minima""",
}
# Dimension: its nouns and adjectives; superlatives of its upper end; those of its lower end; comparatives of each.
_DIMENSIONS: Mapping[str, tuple[str, str, str, str, str]] = {
    "price": (
        """price prices cost costs amount amounts fee fees charge charges charged spend spent spending expense
        expensive cheap pay pays paid preis preise kosten kostet kostete gekostet betrag bezahlt gezahlt
        ausgegeben ausgaben teuer billig
        gunstig prix cout coute coutent couter montant depense depenses paye payee cher chere chers cheres precio
        precios coste costo costaba cuesta cuestan costaron importe gasto gastos gastado pagado caro cara caros
        caras barato barata""",
        "dearest costliest priciest teuerste teuersten teuerster teuerstes",
        "cheapest billigste billigsten billigster gunstigste gunstigsten gunstigster",
        "dearer costlier pricier teurer",
        "cheaper billiger gunstiger",
    ),
    "length": (
        "length long lengthy lange lang longueur longue long largo larga longitud duration dauer duree duracion",
        "longest langste langsten langster langstes",
        "shortest kurzeste kurzesten kurzester",
        "longer langer",
        "shorter kurzer",
    ),
    "depth": (
        """depth deep draught draft tiefe tief tiefgang profondeur profond profonde profundidad profundo profunda
        calado""",
        "deepest tiefste tiefsten tiefster",
        "shallowest flachste flachsten",
        "deeper tiefer",
        "shallower flacher",
    ),
    "height": (
        "height high tall hohe hoch hauteur haut haute altura alto alta",
        "tallest",
        "",
        "higher taller hoher",
        "lower niedriger",
    ),
    "weight": (
        "weight heavy gewicht schwer poids lourd lourde peso pesado pesada",
        "heaviest schwerste schwersten schwerster",
        "lightest leichteste leichtesten",
        "heavier schwerer",
        "lighter leichter",
    ),
    "width": (
        "width wide broad beam breite breit largeur ancho ancha anchura",
        "widest broadest breiteste breitesten",
        "narrowest schmalste schmalsten",
        "wider broader breiter",
        "narrower schmaler",
    ),
    "speed": (
        "speed fast quick geschwindigkeit schnell vitesse rapide velocidad rapido rapida",
        "fastest quickest schnellste schnellsten schnellster",
        "slowest langsamste langsamsten",
        "faster quicker schneller",
        "slower langsamer",
    ),
    "temperature": (
        "temperature hot warm cold temperatur heiss kalt chaud froid temperatura caliente frio",
        "hottest warmest heisseste heissesten warmste warmsten",
        "coldest coolest kalteste kaltesten",
        "hotter warmer",
        "colder kalter",
    ),
    "distance": (
        "distance far entfernung distanz strecke weit loin distancia lejos",
        "farthest furthest weiteste weitesten",
        "nearest closest nachste nachsten",
        "farther further weiter",
        "nearer closer naher",
    ),
    "quantity": (
        """quantity quantities stock pieces count number anzahl menge bestand stuck stuckzahl nombre quantite cantidad
        existencias""",
        "",
        "",
        "",
        "",
    ),
    "age": (
        "age old alter alt edad viejo vieja vieux vieille young jung joven jeune jeunes",
        "oldest eldest alteste altesten altester",
        "youngest jungste jungsten jungster",
        "older alter",
        "younger junger",
    ),
    "date": (
        """when date day year since time recent recently wann datum tag jahr seit quand jour annee depuis recente
        cuando fecha dia ano desde reciente""",
        """last latest newest letzte letzten letzter letztes zuletzt neueste neuesten neuester spateste spatesten
        dernier derniere ultimo ultima""",
        "first earliest erste ersten erster erstes zuerst fruheste fruhesten premier premiere primero primera",
        "later",
        "earlier",
    ),
}  # fmt: skip
# Adjectives of the lower end: what is "mas barato" has the lowest price.
_LOWER = frozenset(
    """cheap billig gunstig barato barata baratos baratas young jung joven jeune jeunes cold kalt frio fria froid
    froide short kurz court courte corto corta shallow light leicht leger legere ligero ligera slow langsam lent
    lente lento""".split()
)
_DEGREES = {"mas": Operation.MOST, "plus": Operation.MOST, "menos": Operation.LEAST, "moins": Operation.LEAST}
_COMPARING: Mapping[str, str] = {
    ">": "more than; over; above; exceeding; mehr als; uber; plus de; plus que; mas de; mas que",
    ">=": "at least; mindestens; wenigstens; au moins; al menos; por lo menos",
    "<": "less than; fewer than; under; below; weniger als; unter; moins de; moins que; menos de; menos que",
    "<=": "at most; up to; hochstens; bis zu; au plus; como maximo; a lo sumo",
}
_THAN = frozenset({"than", "als", "que"})
_NEGATIONS = frozenset(
    "no not without none kein keine keinen keiner keinem nicht ohne aucun aucune sans pas sin ningun ninguna".split()
)
UNIT_SIGNS = {
    word: sign
    for sign, group in {
        "kg": "kilogram kilograms kilo kilos kilogramm kilogrammes kilogramos",
        "g": "gram grams gramm grammes gramos",
        "m": "metre metres meter meters metern metros",
        "km": "kilometre kilometres kilometer kilometers kilometres kilometros",
        "l": "litre litres liter liters litros",
        "h": "hour hours stunde stunden heure heures hora horas",
        "gb": "gigabyte gigabytes",
        "tb": "terabyte terabytes",
    }.items()
    for word in group.split()
}
"""The sign of a unit by its folded name."""

ORDINALS = {
    form: str(number)
    for number, group in enumerate(
        (
            "first 1st erste ersten erster premier premiere primer primero primera",
            "second 2nd zweite zweiten zweiter deuxieme seconde segundo segunda",
            "third 3rd dritte dritten dritter troisieme tercer tercero tercera",
            "fourth 4th vierte vierten vierter quatrieme cuarto cuarta",
            "fifth 5th funfte funften funfter cinquieme quinto quinta",
            "sixth 6th sechste sechsten sechster sixieme sexto sexta",
            "seventh 7th siebte siebten siebter septieme septimo septima",
            "eighth 8th achte achten achter huitieme octavo octava",
            "ninth 9th neunte neunten neunter neuvieme noveno novena",
            "tenth 10th zehnte zehnten zehnter dixieme decimo decima",
        ),
        start=1,
    )
    for form in group.split()
}
"""The number of a folded ordinal, in digits."""

_GENERIC = frozenset(
    """come comes came go goes give gives gave given make makes made buy buys bought purchase purchases purchased
    belong belongs belonging list listed lists table tables row rows entry entries show shown shows find get gets
    got use used everything everybody everyone anything anybody value values much many number money year altogether
    please tell name names called happen record recorded take takes taken took own owns owned still already
    currently only run runs ran running grow grows grew grown live lives lived work works worked hold holds contain
    contains cover covers deliver delivers delivered supply supplies supplied start starts started begin begins end
    ends fall falls fell use uses need needs stand stands stood sit sits gibt gab geben steht stehen liste tabelle
    zeile zeilen kaufen gekauft kaufte gehoren gehort alles viel viele wieviel wert werte geld jahr hoch heisst
    heissen nenne noch schon nur liegt liegen lag lagen lagert lager fiel fallen laufen lauft wohnt wohnen kommt
    kommen vient viennent reste coule habite habitent liste tableau donner donne acheter achete appartient
    appartiennent tout tous valeur argent annee combien nom viene vienen vive viven hay tiene tienen lista tabla dar
    comprar comprado compraron pertenece pertenecen todo todos valor dinero ano cuanto cuanta cuantos cuantas nombre
    nombres cual cuales es son fue fueron""".split()
)


def read_table_question(text: str) -> TableQuestion:
    """Find what a question asks of a table, whether or not there is one that can answer it."""
    raw = raw_words(text)
    forms = folded(raw)
    comparisons = tuple(_comparisons(forms))
    compared = {n for comparison in comparisons for n in range(comparison.start, comparison.end)}
    operations = tuple(words for words in _operations(forms) if compared.isdisjoint(range(words.start, words.end)))
    operating = {n for words in operations for n in range(words.start, words.end)}
    return TableQuestion(
        tuple(raw),
        tuple(forms),
        operations,
        comparisons,
        {n: _DIMENSION_OF[form] for n, form in enumerate(forms) if form in _DIMENSION_OF and n not in operating},
        frozenset(n for n, form in enumerate(forms) if form in _GENERIC),
        frozenset(n for n, form in enumerate(forms) if form in _NEGATIONS and n not in operating),
    )


def dimension_words(dimension: str) -> frozenset[str]:
    """Return the folded nouns and adjectives of a dimension."""
    return frozenset(_DIMENSIONS[dimension][0].split())


def _operations(forms: Sequence[str]) -> Iterator[OperationWords]:
    """Yield the words of operations from left to right, the longest phrase at each word."""
    position = 0
    while position < len(forms):
        phrases = (_phrase(forms, position, length) for length in (3, 2, 1))
        words = _graded(forms, position) or next(filter(None, phrases), None)
        if words:
            yield words
        position = words.end if words else position + 1


def _phrase(forms: Sequence[str], start: int, length: int) -> OperationWords | None:
    phrase = tuple(forms[start : start + length])
    operation, dimension = _OPERATION_OF.get(phrase, (None, ""))
    return OperationWords(start, start + len(phrase), operation, dimension) if operation else None


def _graded(forms: Sequence[str], start: int) -> OperationWords | None:
    """Return the operation of a degree and an adjective, as in "la mas barata" or "le vin le plus cher"."""
    degree, adjective = forms[start], forms[start + 1] if start + 1 < len(forms) else ""
    if degree not in _DEGREES or adjective not in _DIMENSION_OF:
        return None
    is_most = (_DEGREES[degree] is Operation.MOST) != (adjective in _LOWER)
    return OperationWords(start, start + 2, Operation.MOST if is_most else Operation.LEAST, _DIMENSION_OF[adjective])


def _comparisons(forms: Sequence[str]) -> Iterator[Comparison]:
    for position in range(len(forms)):
        for length in (3, 2, 1):
            end = position + length
            sign, dimension = _comparing(forms[position:end])
            if sign and end < len(forms) and (number := number_in(forms[end])) and number.count(".") <= 1:
                yield Comparison(position, end + 1, sign, Decimal(number), dimension)
                break


def _comparing(forms: Sequence[str]) -> tuple[str, str]:
    """Return the sign of a comparison and its dimension, if it implies one; empty if the words do not compare."""
    if sign := _SIGN_OF.get(tuple(forms), ""):
        return sign, ""
    if len(forms) == 2 and forms[1] in _THAN:  # noqa: PLR2004 - "longer than"
        return _COMPARATIVES.get(forms[0], ("", ""))
    return "", ""


def _split(phrases: str) -> Iterator[tuple[str, ...]]:
    return (tuple(phrase.split()) for phrase in phrases.split(";"))


_SIGN_OF = {phrase: sign for sign, phrases in _COMPARING.items() for phrase in _split(phrases)}
_DIMENSION_OF = {word: name for name, groups in _DIMENSIONS.items() for word in groups[0].split()}
_COMPARATIVES = {
    word: (sign, name)
    for name, groups in _DIMENSIONS.items()
    for sign, words in ((">", groups[3]), ("<", groups[4]))
    for word in words.split()
}
_OPERATION_OF = {phrase: (operation, "") for operation, phrases in _PHRASES.items() for phrase in _split(phrases)} | {
    (word,): (operation, name)
    for name, groups in _DIMENSIONS.items()
    for operation, words in ((Operation.MOST, groups[1]), (Operation.LEAST, groups[2]))
    for word in words.split()
}
