"""Files that are no data whatever they are called: each is called what it is."""

from __future__ import annotations

import pytest
from classify_data import read
from data.data_files import Write, three_parts

from paddle_lab.errors import DataError

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 57\n"
PAGE = "<!DOCTYPE html>\n<html lang='en'>\n<head><title>train.csv · Code</title></head>\n</html>\n"
TABLE = "<html><body><table>\n<tr><td>很好</td><td>1</td></tr>\n</table></body></html>\n"
MYSQL = (
    "-- MySQL dump 10.13\n--\n/*!40101 SET NAMES utf8 */;\nCREATE TABLE `r` (`text` text);\n"
    "INSERT INTO `r` VALUES ('很好','1'),('太差','0');\n"
)
POSTGRES = "SET x = 'UTF8';\nCOPY public.r (text, label) FROM stdin;\n很好\t1\n太差\t0\n\\.\n"
INSERTS = "INSERT INTO r (text, label) VALUES ('很好', 1);\n" * 3
SQLITE = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE r(text, label);\n"


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.txt"])
@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (POINTER, "data.lfs_pointer", "git lfs pull"),
        ("\ufeff" + POINTER.replace("\n", "\r\n"), "data.lfs_pointer", "git lfs pull"),
        (PAGE, "data.web_page", "train.csv · Code"),
        ("\ufeff\n" + TABLE, "data.web_page", "save that as CSV"),
        ("<?xml version='1.0'?>\n<rows><row/></rows>", "data.web_page", "XML document"),
        ("404: Not Found", "data.web_page", "404: Not Found"),
        ("Entry not found\n", "data.web_page", "downloaded from"),
        (MYSQL, "data.sql_dump", "SQL dump"),
        (POSTGRES, "data.sql_dump", "SQL dump"),
        (INSERTS, "data.sql_dump", "SQL dump"),
        (SQLITE, "data.sql_dump", "SQL dump"),
    ],
    ids=["pointer", "pointer of windows", "page", "table", "xml", "404", "entry", "mysql",
         "postgres", "inserts", "sqlite"],
)  # fmt: skip
def test_what_is_no_data_is_called_what_it_is(
    content: str, code: str, said: str, name: str, write: Write
) -> None:
    with pytest.raises(DataError) as caught:
        read(str(write(name, content)))
    assert caught.value.code == code
    assert said in three_parts(caught.value)


@pytest.mark.parametrize(
    "first",
    ["<html>标签怎么写\t1", "-- 这家店\t1", "insert into 怎么用\t1", "not found 是什么意思\t0",
     "create table 语句\t1", "set 集合\t0"],
)  # fmt: skip
def test_rows_about_such_things_are_rows(first: str, write: Write) -> None:
    rows = [first, *(f"第{n}条评论\t{n % 2}" for n in range(20))]
    assert len(read(str(write("a.tsv", "\n".join(rows))))) == 21
