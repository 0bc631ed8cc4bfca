#include "portico/security/strict_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

namespace portico::security {
namespace {

namespace json = boost::json;
using ErrorCode = boost::system::error_code;

// Watches the events of one text for a member that stands twice in its object; the document itself is built
// by the library's own parser afterwards.
class MemberWatch {
 public:
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) {
    objects_.emplace_back();
    return true;
  }
  bool on_object_end(size_t, ErrorCode&) {
    objects_.pop_back();
    return true;
  }
  bool on_array_begin(ErrorCode&) { return true; }
  bool on_array_end(size_t, ErrorCode&) { return true; }
  bool on_key_part(json::string_view part, size_t, ErrorCode&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, size_t, ErrorCode& error) {
    key_.append(part.data(), part.size());
    bool fresh = objects_.back().insert(std::move(key_)).second;
    key_.clear();
    if (!fresh) error = boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    return fresh;
  }
  bool on_string_part(json::string_view, size_t, ErrorCode&) { return true; }
  bool on_string(json::string_view, size_t, ErrorCode&) { return true; }
  bool on_number_part(json::string_view, ErrorCode&) { return true; }
  bool on_int64(int64_t, json::string_view, ErrorCode&) { return true; }
  bool on_uint64(uint64_t, json::string_view, ErrorCode&) { return true; }
  bool on_double(double, json::string_view, ErrorCode&) { return true; }
  bool on_bool(bool, ErrorCode&) { return true; }
  bool on_null(ErrorCode&) { return true; }
  bool on_comment_part(json::string_view, ErrorCode&) { return true; }
  bool on_comment(json::string_view, ErrorCode&) { return true; }

 private:
  std::vector<std::set<std::string>> objects_;  // names seen in each object that is still open
  std::string key_;
};

}  // namespace

std::optional<json::object> parse_strict_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  ErrorCode error;
  json::basic_parser<MemberWatch> watch(options);
  size_t read = watch.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size()) return std::nullopt;
  json::value document = json::parse({text.data(), text.size()}, error, {}, options);
  if (error || !document.is_object()) return std::nullopt;
  return std::move(document.get_object());
}

const json::string* find_string(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains({name.data(), name.size()});
  return member ? member->if_string() : nullptr;
}

}  // namespace portico::security
