#include "portico/base/error.h"

#include <cstdio>
#include <cstdlib>

namespace portico {
namespace {

struct Row {
  Code code;
  std::string_view name;
  int status;
  bool retriable;
  std::string_view message;
};

constexpr Row rows[] = {
    {Code::invalid, "invalid", 400, false, "The request is not valid"},
    {Code::unauthenticated, "unauthenticated", 401, false, "Authentication required"},
    {Code::forbidden, "forbidden", 403, false, "Not allowed"},
    {Code::not_found, "not_found", 404, false, "Not found"},
    {Code::conflict, "conflict", 409, false, "The request conflicts with the present state"},
    {Code::precondition, "precondition", 412, false, "The version given is no longer the present one"},
    {Code::exhausted, "exhausted", 429, true, "Too many requests"},
    {Code::too_late, "too_late", 504, true, "The time limit has passed"},
    {Code::unavailable, "unavailable", 503, true, "Service unavailable"},
    {Code::unimplemented, "unimplemented", 501, false, "Not implemented"},
    {Code::internal, "internal", 500, false, "Internal error"},
};

const Row& row_of(Code code) { return rows[static_cast<size_t>(code)]; }

}  // namespace

std::string_view name_of(Code code) { return row_of(code).name; }
int status_of(Code code) { return row_of(code).status; }
bool retriable(Code code) { return row_of(code).retriable; }

Code code_of_status(int status) {
  for (const Row& row : rows)
    if (row.status == status) return row.code;
  if (status == 502) return Code::unavailable;
  if (status == 408) return Code::too_late;
  return status >= 400 && status < 500 ? Code::invalid : Code::internal;
}

Error::Error(Code code, std::string reason, std::string message)
    : code_(code), reason_(std::move(reason)), message_(std::move(message)) {
  if (message_.empty()) message_ = row_of(code).message;
  what_ = reason_ + ": " + message_;
}

Error Error::invalid_input(std::vector<Violation> violations) {
  Error error(Code::invalid, "input.invalid");
  error.message_ = violations.empty() ? "The request is not valid" : "Validation failed: ";
  for (size_t i = 0; i < violations.size() && i < 3; ++i) {
    if (i) error.message_ += "; ";
    std::string_view pointer = violations[i].pointer;
    if (pointer.starts_with('/')) pointer.remove_prefix(1);
    if (!pointer.empty()) (error.message_ += pointer) += ' ';
    error.message_ += violations[i].message;
  }
  if (violations.size() > 3) error.message_ += "; and " + std::to_string(violations.size() - 3) + " more";
  error.what_ = error.reason_ + ": " + error.message_;
  error.violations_ = std::move(violations);
  return error;
}

Error&& Error::with_status(int status) && {
  status_ = status;
  return std::move(*this);
}

Error&& Error::with_note(std::string note) && {
  note_ = std::move(note);
  what_ += " (" + note_ + ")";
  return std::move(*this);
}

Error&& Error::with_retry_after(int seconds) && {
  retry_after_seconds_ = seconds;
  return std::move(*this);
}

Error&& Error::with_neighbour(std::string service) && {
  neighbour_ = std::move(service);
  return std::move(*this);
}

Error&& Error::with_detail(std::string key, std::string value) && {
  details_.emplace_back(std::move(key), std::move(value));
  return std::move(*this);
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "portico: broken promise at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace portico
