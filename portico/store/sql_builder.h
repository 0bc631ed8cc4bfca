// Inside store/ only: appends the parts of one statement and numbers its parameters.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "portico/store/sql.h"

namespace portico::store {

inline constexpr size_t sql_bytes_usual = 512;

void append_quoted(std::string& out, std::string_view name);
void append_placeholder(std::string& out, const Dialect& dialect, size_t number);
// Throw Error(internal, "query.member") and Error(invalid, "query.too_large").
[[noreturn]] void refuse(const CollectionInfo& info, std::string_view member, std::string_view why);
const schema::Member& member_named(const CollectionInfo& info, std::string_view name);

class SqlBuilder {
 public:
  SqlBuilder(const Dialect& dialect, const CollectionInfo& info) : dialect_(dialect), info_(info) {
    sql_.text.reserve(sql_bytes_usual);
    sql_.parameters.reserve(8);
  }

  // Appends each in turn.
  template <class... Texts>
  void text(const Texts&... texts) {
    ((sql_.text += texts), ...);
  }
  void name(std::string_view name) { append_quoted(sql_.text, name); }
  void table() { name(info_.name); }
  void columns() { sql_.text += info_.columns; }
  void bind(Value value) { append_placeholder(sql_.text, dialect_, keep(std::move(value))); }
  // For where the placeholder stands inside a dialect's expression.
  std::string bound(Value value) {
    std::string out;
    append_placeholder(out, dialect_, keep(std::move(value)));
    return out;
  }
  Sql take() { return std::move(sql_); }

  // "WHERE ..." unless the filter is everything and there is no cursor.
  void where(const Filter& filter, const SortOrder* order = nullptr, const CursorValues* after = nullptr);
  void order_by(const SortOrder& order);

 private:
  void condition(const Filter& filter, size_t depth);
  void compare(const Filter& filter, const schema::Member& member);
  void one_of(const Filter& filter, const schema::Member& member);
  void children(const Filter& filter, size_t depth);
  void behind(const SortOrder& order, const CursorValues& after);
  void behind_one(const SortKey& key, const Value& value);
  void compared(std::string_view column, std::string_view op, Value value);
  size_t keep(Value value);

  const Dialect& dialect_;
  const CollectionInfo& info_;
  Sql sql_;
  size_t parts_ = 0;
};

}  // namespace portico::store
