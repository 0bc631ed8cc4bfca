// Reads one JSON document into described values. Internal to schema/.
#pragma once

#include "portico/schema/rules.h"
#include "portico/schema/scan.h"

namespace portico::schema::detail {

// Writes what it reads straight through the type tables. Every function says false when the document is
// malformed (then nothing more can be read); violations are reported and reading goes on.
class Reader {
 public:
  Reader(std::string_view json, size_t depth_max, Report& report) : scan_(json, depth_max), report_(report) {}

  bool read(const Type& type, void* object, const Path* path);
  // The value under the names in `names`; what stands beside is checked for its syntax.
  bool read_at(std::span<const std::string_view> names, const Type& type, void* object, const Path* path);
  // The members of an object, which must be the next value. Sets `seen`; members in `given` have their value
  // already and are skipped. Does not judge which are missing. `is_object`: whether it was one.
  bool read_members(const Type& type, void* object, const Path* path, MemberSet& seen, const MemberSet& given,
                    bool& is_object);
  bool finish() { return scan_.finish(); }
  std::string failure() const { return scan_.failure(); }

 private:
  bool read_maybe(const Type& type, void* object, const Path* path);
  bool read_boolean(const Type& type, void* object, const Path* path);
  bool read_number(const Type& type, void* object, const Path* path);
  bool read_text(const Type& type, void* object, const Path* path);
  bool read_raw(const Type& type, void* object, const Path* path);
  bool read_list(const Type& type, void* object, const Path* path);
  bool read_object(const Type& type, void* object, const Path* path);
  bool read_member(const Type& type, void* object, const Path* path, std::string_view name, size_t& expected,
                   MemberSet& seen, const MemberSet& given);
  bool skip(const Path* path);
  bool refuse(const Type& type, const Path* path);

  Scanner scan_;
  Report& report_;
};

// Reads the whole of `json` by `body(reader)`; malformed, too deep or too large input becomes one violation
// in place of all that `body` reported. Says whether it was read to its end.
template <class Body>
bool read_document(std::string_view json, const ReadLimits& limits, Report& report, Body body) {
  Report::Mark mark = report.mark();
  if (json.size() > limits.bytes_max) {
    report.only(mark, "must be at most " + std::to_string(limits.bytes_max) + " bytes");
    return false;
  }
  Reader reader(json, limits.depth_max, report);
  if (body(reader) && reader.finish()) return true;
  report.only(mark, reader.failure());
  return false;
}

}  // namespace portico::schema::detail
