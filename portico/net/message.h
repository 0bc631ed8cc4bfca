// HTTP messages as the rest of Portico sees them: one form for every protocol version (RFC 9110).
#pragma once

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

// Field lines in the order they came; names compare without case.
class Headers {
 public:
  // The first value of `name`, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // Replaces every field of that name by one.
  void set(std::string_view name, std::string value);
  void add(std::string_view name, std::string value);
  void remove(std::string_view name);
  void remove_if(bool (*matches)(std::string_view name));
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  Verb verb = Verb::GET;
  std::string target = "/";  // origin-form: path and query, as received
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
// The query's pairs, decoded, in order; nothing where an escape is malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace portico::net
