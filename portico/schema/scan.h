// The syntax of JSON (RFC 8259), a token at a time and without a tree. Internal to schema/.
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "portico/schema/utf8.h"

namespace portico::schema::detail {

// A string as it stands in the input, checked.
struct StringToken {
  std::string_view raw;   // between the quotes
  size_t characters = 0;  // code points it stands for
  bool escaped = false;   // `raw` has escapes: decode it
  bool nul = false;       // it stands for text with U+0000
};

// What was met in a value that was skipped.
struct Skipped {
  bool repeated = false;  // an object names a member twice
  bool nul = false;       // a string holds U+0000
};

// Appends the text that a checked token stands for.
void append_decoded(std::string& out, std::string_view raw);

// Walks through one document. Functions that return bool say false when the input is malformed or too deep;
// from then on only failure() may be called. Views stay valid as long as the scanner and its input. The
// caller recurses, so levels cost stack: never more than `levels_max` of them, whatever the limits say.
class Scanner {
 public:
  static constexpr size_t levels_max = 512;

  Scanner(std::string_view json, size_t depth_max)
      : begin_(json.data()),
        at_(begin_),
        end_(begin_ + json.size()),
        depth_max_(depth_max < levels_max ? depth_max : levels_max) {}
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  // The next byte that is not white space, left where it is; 0 at the end.
  char peek() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    return at_ == end_ ? '\0' : *at_;
  }
  // Where the next byte stands.
  const char* position() const { return at_; }

  bool string(StringToken& token);      // at '"'
  bool number(std::string_view& text);  // at '-' or a digit
  bool literal(std::string_view word);  // true, false, null
  bool enter();                         // over '{' or '['
  // Moves over the next member's name and colon, or over the end of the object; false at the end and on
  // failure.
  bool next_member(bool& first, std::string_view& name);
  // Moves to the next element, or over the end of the array; false at the end and on failure.
  bool next_element(bool& first);
  bool skip_value(Skipped& skipped);
  bool finish();  // nothing but white space is left

  // Names that nobody declared are remembered, so that repetition is found: from a mark up, in one object.
  size_t names_mark() const { return names_.size(); }
  void remember(std::string_view name) { names_.push_back(name); }
  // Whether a name stands twice above `mark`; forgets those names.
  bool forget_repeated(size_t mark);

  bool failed() const { return problem_ != nullptr; }
  // "malformed JSON at byte 17: expected ':'"; bytes are counted from 0. Never holds input.
  std::string failure() const;

 private:
  bool fail(const char* problem);
  bool escape(StringToken& token, size_t& surplus);
  bool hex4(uint32_t& unit);
  bool over_separator(bool& first, char close, const char* problem, bool& closed);

  const char* begin_;
  const char* at_;
  const char* end_;
  size_t depth_max_;
  size_t depth_ = 0;
  const char* problem_ = nullptr;
  bool too_deep_ = false;
  std::array<std::byte, 1024> buffer_;  // so that a few unknown names need no allocation
  std::pmr::monotonic_buffer_resource arena_{buffer_.data(), buffer_.size()};
  std::pmr::vector<std::string_view> names_{&arena_};
};

}  // namespace portico::schema::detail
