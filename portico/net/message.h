// HTTP messages as the rest of Portico sees them: one form for every protocol version (RFC 9110).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portico::net {

enum class Verb { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS };
std::string_view name_of(Verb verb);
std::optional<Verb> parse_verb(std::string_view name);

// Whether two names are equal without regard to the case of ASCII letters.
bool same_name(std::string_view a, std::string_view b);

// Field lines in the order they came; names compare without case. All texts stand in one buffer, so that a
// message has two allocations however many fields it carries. Views into it last until the next change.
class Headers {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // name, value

  class Iterator {
   public:
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    Field operator*() const { return headers_->field(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {headers_, index_++}; }
    bool operator==(const Iterator&) const = default;

   private:
    friend class Headers;
    Iterator(const Headers* headers, size_t index) : headers_(headers), index_(index) {}
    const Headers* headers_;
    size_t index_;
  };

  // The first value of `name`, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // Replaces every field of that name by one, in the place of the first.
  void set(std::string_view name, std::string_view value);
  void add(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void remove_if(bool (*matches)(std::string_view name));
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, slots_.size()}; }
  size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    uint32_t start, name_size, value_size;  // in text_: the name, directly followed by the value
  };
  Field field(size_t index) const {
    const Slot& slot = slots_[index];
    const char* name = text_.data() + slot.start;
    return {{name, slot.name_size}, {name + slot.name_size, slot.value_size}};
  }
  Slot append(std::string_view name, std::string_view value);

  std::string text_;
  std::vector<Slot> slots_;
};

struct Request {
  Verb verb = Verb::GET;
  std::string target = "/";  // origin-form: path and query. A server hands on the path in its canonical form
                             // (see canonical_path), the query as received; "*" is possible with OPTIONS
  Headers headers;
  std::string body;
  std::string peer;  // address of the other end, without port

  std::string_view path() const;   // the target up to '?'
  std::string_view query() const;  // behind '?', or empty
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

// The standard phrase of a status: "Not Found".
std::string_view reason_phrase(int status);

// Percent-decoding (RFC 3986 section 2.1); nothing where an escape is malformed or decodes to NUL. With
// `plus_is_space` for queries as forms write them.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);
// The one spelling of a path that routes, rules and logs may compare: dot segments resolved, doubled slashes
// merged, unreserved characters unescaped, escapes in capitals. Nothing for a path that two readers could
// take for different ones: escaped slash, backslash, control characters, malformed UTF-8, "..;", a bad
// escape, or a start other than '/'.
std::optional<std::string> canonical_path(std::string_view path);
// The query's pairs, decoded, in order; nothing where an escape is malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace portico::net
