"""Texts that are no data, whatever the file is called: a pointer, a web page, a dump of SQL."""

from __future__ import annotations

import html
import re
from typing import Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

_HEAD: Final = 65_536
_LFS_POINTER: Final = re.compile(
    r"version https?://(?:git-lfs\.github|git-media|hawser\.github)\.\w+/spec/"
)
# A row may begin with a tag as well: then its line has another column.
_PAGE: Final = re.compile(r"(?i)\s*(?:<!--[^>]*-->\s*)*<(?:!doctype\s+html|html)\b[^\t\n]*(?:\n|$)")
_XML: Final = re.compile(r"\s*<\?xml\s[^\t\n]*(?:\n|$)")
_TITLE: Final = re.compile(r"(?is)<title[^>]*>(.*?)</title>")
_REFUSAL: Final = re.compile(
    r"(?i)\s*(?:\d{3}:? )?(?:not found|entry not found|repository not found|access denied|forbidden"
    r"|unauthorized|bad gateway|too many requests)\.?\s*"
)
_SQL_START: Final = re.compile(
    r"(?i)\s*(?:--|/\*|#\s|set\s|use\s|begin\b|pragma\s|create\s|drop\s|insert\s|replace\s+into\s"
    r"|lock\s+tables|copy\s|start\s+transaction)"
)
_SQL_ROWS: Final = re.compile(
    r"(?im)^\s*(?:(?:insert|replace)\s+(?:ignore\s+)?into\s+[\w`\"'.\[\]]+\s*(?:\([^)]*\)\s*)?values\b"
    r"|create\s+table\s+(?:if\s+not\s+exists\s+)?[\w`\"'.\[\]]+\s*\("
    r"|copy\s+\S+[^\n]*\sfrom\s+stdin\b)"
)


def refuse_no_data(text: str, name: str) -> None:
    """Raise DataError for a text that is no rows but stands for them, or tells why there are none.

    ``name`` is the source's, for the message.
    """
    head = text[:_HEAD]
    if _LFS_POINTER.match(head):
        raise _not_fetched(name)
    if _PAGE.match(head):
        raise _page(head, name)
    if _XML.match(head):
        raise _xml(name)
    if _REFUSAL.fullmatch(text[:200]):
        raise _refusal(text, name)
    if _SQL_START.match(head) and _SQL_ROWS.search(head):
        raise _sql(name)


def _not_fetched(name: str) -> DataError:
    return DataError(
        T("{name} is a Git LFS pointer, not the data.", "{name} 是 Git LFS 指针，不是数据。",
          name=name),
        T("The repository was copied without its large files.",
          "克隆仓库时没有下载大文件。"),
        T("Fetch them in the repository: git lfs pull", "请在仓库中下载：git lfs pull"),
        code="data.lfs_pointer",
    )  # fmt: skip


def _page(head: str, name: str) -> DataError:
    found = _TITLE.search(head)
    title = " ".join(html.unescape(found[1]).split()) if found else ""
    table = re.search(r"(?i)<table\b", head) is not None
    fix = (
        T("It holds a table: open it in a spreadsheet and save that as CSV.",
          "其中有表格：请用电子表格软件打开，再另存为 CSV。")
        if table
        else T("Download the file itself (on a code host: the button Raw or Download).",
               "请下载文件本身（在代码托管网站上点 Raw 或 Download）。")
    )  # fmt: skip
    return DataError(
        T("{name} is a web page (HTML), not data.", "{name} 是网页（HTML），不是数据。", name=name),
        T("Its title: '{title}'. Such a page is often saved in place of the file that it shows.",
          "网页标题：“{title}”。保存的往往是展示文件的网页，而不是文件本身。",
          title=excerpt(title, 80))
        if title
        else T("Such a page is often saved in place of the file that it shows.",
               "保存的往往是展示文件的网页，而不是文件本身。"),
        fix,
        code="data.web_page",
    )  # fmt: skip


def _xml(name: str) -> DataError:
    return DataError(
        T("{name} is an XML document, not rows.", "{name} 是 XML 文档，不是数据行。", name=name),
        T("Read are tables, JSON and the forms of labelling tools.",
          "这里读取表格、JSON 和标注工具的格式。"),
        T("Save it as CSV, or read it into a DataFrame with pandas and give its name.",
          "请另存为 CSV，或用 pandas 读成 DataFrame 后给出变量名。"),
        code="data.web_page",
    )  # fmt: skip


def _refusal(text: str, name: str) -> DataError:
    return DataError(
        T("{name} is a server's refusal, not data.", "{name} 是服务器的拒绝信息，不是数据。",
          name=name),
        T("All it holds: '{text}'", "全部内容：“{text}”", text=excerpt(text.strip(), 80)),
        T("Check the address that it was downloaded from, and whether one must sign in there.",
          "请检查下载地址，以及是否需要登录。"),
        code="data.web_page",
    )  # fmt: skip


def _sql(name: str) -> DataError:
    said: Text = T(
        "Load it into its database and save the rows that you need, e.g. "
        "mysql -B -e 'SELECT text, label FROM reviews' shop > rows.tsv",
        "请导入数据库，再导出需要的行，例如 "
        "mysql -B -e 'SELECT text, label FROM reviews' shop > rows.tsv",
    )
    return DataError(
        T("{name} is an SQL dump, not a table.", "{name} 是 SQL 转储文件，不是表格。", name=name),
        T("Its rows stand in statements such as INSERT INTO.",
          "其中的数据写在 INSERT INTO 等语句里。"),
        said,
        code="data.sql_dump",
    )  # fmt: skip
