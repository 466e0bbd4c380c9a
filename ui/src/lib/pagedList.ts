/** One loaded page: the order of its rows is fixed, what the rows hold is looked up elsewhere. */
export interface ListPage {
  ids: readonly string[]
  next: string | undefined
}

/** A list as it is loaded, page by page. */
export interface PagedList {
  pages: readonly ListPage[]
  /** What came since and stands nowhere in the pages: it waits behind "12 new · Home". */
  fresh: readonly string[]
}

/** The list with a further page below. */
export function withPage<L extends PagedList>(list: L, page: ListPage): L {
  return { ...list, pages: [...list.pages, page] }
}

/** The list as it was when only its first page was loaded. */
export function onlyFirst<L extends PagedList>(list: L): L {
  return { ...list, pages: list.pages.slice(0, 1) }
}

/** The ids in order, each once: a row that moved between two pages must not stand twice. */
export function idsOf(list: PagedList | undefined): readonly string[] {
  return [...new Set(list?.pages.flatMap((page) => page.ids) ?? [])]
}
