"""Files of SKUs, good and bad, and what must be told of each: ``<line> <id>`` or ``<line> <place>: <reason>``."""

from local.importer.lines import LINE_BYTES_MAX

CSV = b"sku,name,merchant_id,unit_price_minor,currency,weight_grams,volume_cm3,category"
TEA = b"TEA,Green tea,m-tea,1999,CNY,320,1500,tea"
POT = b"POT,Teapot,m-tea,12900,CNY,900,3000,teaware"
JSON_TEA = (
    b'{"sku": "TEA", "name": "Green tea", "merchant_id": "m-tea", "unit_price_minor": 1999, "currency": "CNY", '
    b'"weight_grams": 320, "volume_cm3": 1500, "category": "tea"}'
)
JSON_POT = JSON_TEA.replace(b'"TEA"', b'"POT"')
TIME_RULE = "must be a time with its zone, like 2026-11-11T00:00:00+08:00"


def lines(*content: bytes, end: bytes = b"\n") -> bytes:
    return end.join(content) + end


NOT_CSV = "3 : is not CSV: "
# fmt: off
CSV_FILES: dict[str, tuple[bytes, list[str]]] = {
    "two rows": (lines(CSV, TEA, POT), ["2 TEA", "3 POT"]),
    "no line break at the end": (CSV + b"\n" + TEA, ["2 TEA"]),
    "line breaks of another system": (lines(CSV, TEA, POT, end=b"\r\n"), ["2 TEA", "3 POT"]),
    "a byte order mark": (b"\xef\xbb\xbf" + lines(CSV, TEA), ["2 TEA"]),
    "blank lines": (lines(b"", CSV, b"", TEA, b"", b"", POT, b""), ["4 TEA", "7 POT"]),
    "a quoted cell": (lines(CSV, TEA.replace(b"Green tea", b'"Green tea, ""best"""')), ["2 TEA"]),
    "columns in another order": (lines(b"category,volume_cm3,weight_grams,currency,unit_price_minor,merchant_id,name,sku", b"tea,1,1,CNY,5,m,Tea,TEA"), ["2 TEA"]),
    "optional columns left empty": (lines(CSV + b",flags,ships_at,is_on_sale", TEA + b",,,"), ["2 TEA"]),
    "nothing": (b"", ["1 : holds no row"]),
    "blank lines only": (b"\n\n\n", ["1 : holds no row"]),
    "a header only": (lines(CSV), ["1 : holds no row"]),
    "an unknown column": (lines(CSV + b",colour", TEA + b",red"), ["1 : names a column that is not known: 'colour'"]),
    "a column that paints the terminal": (lines(CSV + b",\x1b[31m", TEA + b",red"), ["1 : names a column that is not known: '\\x1b[31m'"]),
    "a column that is not UTF-8": (lines(CSV + b",\xff", TEA + b",red"), ["1 : names a column that is not known: '\\udcff'"]),
    "a column without a name": (lines(CSV + b",", TEA + b","), ["1 : names a column that is not known: ''"]),
    "a column twice": (lines(CSV + b",name", TEA + b",x"), ["1 : names the column name twice"]),
    "columns missing": (lines(b"sku,name,currency,merchant_id,category", b"a,b,CNY,d,e"), ["1 : lacks the column unit_price_minor", "1 : lacks the column volume_cm3", "1 : lacks the column weight_grams"]),
    "no header": (b"TEA,Green tea,m-tea\n", ["1 : names a column that is not known: 'TEA'", "1 : names a column that is not known: 'Green tea'", "1 : names a column that is not known: 'm-tea'", *(f"1 : lacks the column {name}" for name in sorted(CSV.decode().split(",")))]),
    "too few cells": (lines(CSV, b"TEA,Green tea", POT), ["2 : has 2 cells under 8 columns", "3 POT"]),
    "too many cells": (lines(CSV, TEA + b",", POT), ["2 : has 9 cells under 8 columns", "3 POT"]),
    "semicolons between cells": (lines(CSV, TEA.replace(b",", b";"), POT), ["2 : has 1 cells under 8 columns", "3 POT"]),
    "a row of empty cells": (lines(CSV, b",,,,,,,", POT), [*(f"2 {name}: is missing" for name in CSV.decode().split(",")), "3 POT"]),
    "a price of nothing": (lines(CSV, TEA.replace(b"1999", b"0"), POT), ["2 unit_price_minor: must be at least 1", "3 POT"]),
    "a negative price": (lines(CSV, TEA.replace(b"1999", b"-1999"), POT), ["2 unit_price_minor: must be at least 1", "3 POT"]),
    "a price in yuan": (lines(CSV, TEA.replace(b"1999", b"19.99"), POT), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "3 POT"]),
    "a price with its sign": (lines(CSV, TEA.replace(b"1999", "¥1999".encode()), POT), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "3 POT"]),
    "a price as Excel shows it": (lines(CSV, TEA.replace(b"1999", b'"1,999"'), POT), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "3 POT"]),
    "a price in full-width digits": (lines(CSV, TEA.replace(b"1999", "１９９９".encode()), POT), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "3 POT"]),
    "a price of NaN": (lines(CSV, TEA.replace(b"1999", b"NaN"), POT), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "3 POT"]),
    "a price of a million digits": (lines(CSV, TEA.replace(b"1999", b"9" * 60_000), POT), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "3 POT"]),
    "a price with a blank": (lines(CSV, TEA.replace(b"1999", b" 1999"), POT), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "3 POT"]),
    "a key with a blank": (lines(CSV, b" " + TEA, POT), ["2 sku: must be 1 to 40 letters, digits, '.', '_', '-' or inner blanks", "3 POT"]),
    "a cell that is not UTF-8": (lines(CSV, TEA.replace(b"Green", b"Gr\xfcn"), POT), ["2 name: is not UTF-8", "3 POT"]),
    "a character cut in two": (lines(CSV, TEA.replace(b"Green", "茶".encode()[:2]), POT), ["2 name: is not UTF-8", "3 POT"]),
    "an encoded surrogate": (lines(CSV, TEA.replace(b"Green", b"\xed\xa0\x80"), POT), ["2 name: is not UTF-8", "3 POT"]),
    "a NUL": (lines(CSV, TEA.replace(b"Green", b"Gr\x00n"), POT), ["2 name: must be text without control characters or blanks at its ends", "3 POT"]),
    "a line break in a cell": (lines(CSV, TEA.replace(b"Green tea", b'"Green\ntea"'), POT), ["2 name: must be text without control characters or blanks at its ends", "4 POT"]),
    "a long quoted cell": (lines(CSV, TEA.replace(b"Green tea", b'"Green' + b"\n" * 9 + b'tea"'), POT), ["2 name: must be text without control characters or blanks at its ends", "12 POT"]),
    "UTF-16": ("\n".join(["sku,name", "A,B"]).encode("utf-16"), ["1 : names a column that is not known: '\\udcff\\udcfes\\x00k\\x00u\\x00'", "1 : names a column that is not known: '\\x00n\\x00a\\x00m\\x00e\\x00'", *(f"1 : lacks the column {name}" for name in sorted(CSV.decode().split(",")))]),
    "letters behind a quote": (lines(CSV, TEA, TEA.replace(b"Green tea", b'"Green" tea'), POT), ["2 TEA", NOT_CSV + "',' expected after '\"'", "4 POT"]),
    "a quote that never ends": (lines(CSV, TEA, b'"POT,Teapot'), ["2 TEA", NOT_CSV + "unexpected end of data"]),
    "lines that end in nothing but CR": (lines(CSV, TEA, end=b"\r"), ["1 : is not CSV: a carriage return stands alone"]),
    "a line too long": (lines(CSV, b"A" * (LINE_BYTES_MAX + 1), POT), ["2 : is longer than 65536 bytes", "3 POT"]),
    "a line of ten megabytes": (lines(CSV, b"A" * 10_000_000, POT), ["2 : is longer than 65536 bytes", "3 POT"]),
    "a key twice": (lines(CSV, TEA, POT, TEA), ["2 TEA", "3 POT", "4 sku: stands in line 2 already"]),
    "a bad row and its correction": (lines(CSV, TEA.replace(b"1999", b"0"), TEA), ["2 unit_price_minor: must be at least 1", "3 TEA"]),
    "an unknown flag": (lines(CSV + b",flags", TEA + b",perishable;shiny"), ["2 flags/1: must be 'deferred', 'presale', 'made_to_order', 'cross_border', 'perishable', 'full_price', 'limited' or 'hazard'"]),
    "neither true nor false": (lines(CSV + b",is_on_sale", TEA + b",yes"), ["2 is_on_sale: must be true or false"]),
    "a day as Excel shows it": (lines(CSV + b",flags,ships_at", TEA + b",presale,2026/12/1"), [f"2 ships_at: {TIME_RULE}"]),
    "two bad cells of one row": (lines(CSV, TEA.replace(b"1999", b"x").replace(b"320", b"y")), ["2 unit_price_minor: must be a whole number, of minor units where it is money", "2 weight_grams: must be a whole number, of minor units where it is money"]),
}
JSONL_FILES: dict[str, tuple[bytes, list[str]]] = {
    "two rows": (lines(JSON_TEA, JSON_POT), ["1 TEA", "2 POT"]),
    "a byte order mark": (b"\xef\xbb\xbf" + lines(JSON_TEA), ["1 TEA"]),
    "blank lines": (lines(b"", JSON_TEA, b"  ", JSON_POT), ["2 TEA", "4 POT"]),
    "line breaks of another system": (lines(JSON_TEA, JSON_POT, end=b"\r\n"), ["1 TEA", "2 POT"]),
    "nothing": (b"", ["1 : holds no row"]),
    "half an object": (lines(JSON_TEA[:50], JSON_POT), ["1 : is not JSON (line 2, column 1)", "2 POT"]),
    "an array": (lines(b"[]", JSON_POT), ["1 : is not a JSON object", "2 POT"]),
    "a key twice": (lines(JSON_TEA.replace(b'"name"', b'"sku"'), JSON_POT), ["1 : a key stands twice in one object", "2 POT"]),
    "NaN": (lines(JSON_TEA.replace(b"1999", b"NaN"), JSON_POT), ["1 : NaN and Infinity are not JSON", "2 POT"]),
    "1e400": (lines(JSON_TEA.replace(b"1999", b"1e400"), JSON_POT), ["1 : a number is too large", "2 POT"]),
    "a number of a hundred digits": (lines(JSON_TEA.replace(b"1999", b"9" * 100), JSON_POT), ["1 : a number is too long", "2 POT"]),
    "a number as text": (lines(JSON_TEA.replace(b"1999", b'"1999"'), JSON_POT), ["1 unit_price_minor: must be a whole number", "2 POT"]),
    "a number with a fraction": (lines(JSON_TEA.replace(b"1999", b"1999.0"), JSON_POT), ["1 unit_price_minor: must be a whole number", "2 POT"]),
    "bytes that are not UTF-8": (lines(JSON_TEA.replace(b"Green", b"Gr\xfcn"), JSON_POT), ["1 : is not UTF-8", "2 POT"]),
    "half a character, escaped": (lines(JSON_TEA.replace(b"Green", b"\\ud800"), JSON_POT), ["1 name: must be text that UTF-8 can write", "2 POT"]),
    "too deep": (lines(b'{"a":' * 9 + b"1" + b"}" * 9, JSON_POT), ["1 : is nested too deeply", "2 POT"]),
    "a line too long": (lines(b'{"name": "' + b"x" * 70_000 + b'"}', JSON_POT), ["1 : is longer than 65536 bytes", "2 POT"]),
    "an unknown field": (lines(JSON_TEA.replace(b"{", b'{"colour": "red", '), JSON_POT), ["1 colour: is not known", "2 POT"]),
    "the same id twice": (lines(JSON_TEA, JSON_TEA), ["1 TEA", "2 sku: stands in line 1 already"]),
    "two objects": (lines(JSON_TEA + b" " + JSON_POT), [f"1 : is not JSON (line 1, column {len(JSON_TEA) + 2})"]),
}
# fmt: on
