// Walks through a collection a page at a time, for what has to look at every row.
#pragma once

#include <utility>

#include "portico/store/store.h"

namespace portico {

// Calls `visit(const T&)`, a function or a coroutine, with each row that matches, in the order of the keys.
// Each page is a snapshot of its own. What `visit` refers to must outlive the task.
template <class T, class Visit>
Task<void> for_each(Call& call, Collection<T> rows, Filter filter, Visit visit) {
  Query query{.filter = std::move(filter), .limit = Query::limit_max};
  do {
    Page<T> page = co_await rows.list(call, query);
    for (const T& row : page.items) {
      if constexpr (std::is_void_v<std::invoke_result_t<Visit&, const T&>>)
        visit(row);
      else
        co_await visit(row);
    }
    query.after = std::move(page.next);
  } while (!query.after.empty());
}

}  // namespace portico
