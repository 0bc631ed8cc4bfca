// The one error type of Portico, and the closed list of what can go wrong.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portico {

// Every failure is one of these. The table in error.cpp maps each to an HTTP status and says whether a retry
// can help.
enum class Code {
  invalid,          // 400: the request can never succeed as it is
  unauthenticated,  // 401: nobody has said who is asking
  forbidden,        // 403: known who asks, and they may not
  not_found,        // 404
  conflict,         // 409: the state of things forbids it now
  precondition,     // 412: the caller's version is stale
  exhausted,        // 429: a limit of the caller is used up
  too_late,         // 504: the deadline has passed
  unavailable,      // 503: something needed is down; a retry can help
  unimplemented,    // 501
  internal,         // 500: our own fault; details reach only the log
};

inline constexpr Code invalid = Code::invalid;
inline constexpr Code unauthenticated = Code::unauthenticated;
inline constexpr Code forbidden = Code::forbidden;
inline constexpr Code not_found = Code::not_found;
inline constexpr Code conflict = Code::conflict;
inline constexpr Code precondition = Code::precondition;
inline constexpr Code exhausted = Code::exhausted;
inline constexpr Code too_late = Code::too_late;
inline constexpr Code unavailable = Code::unavailable;
inline constexpr Code unimplemented = Code::unimplemented;

// The code's name as it stands in logs and in error bodies: "not_found".
std::string_view name_of(Code code);
// The HTTP status a code is answered with (RFC 9110 section 15).
int status_of(Code code);
// The code a peer's HTTP status stands for; an unknown 4xx is `invalid`, an unknown 5xx `internal`.
Code code_of_status(int status);
// Whether the same request may succeed when it is sent again later.
bool retriable(Code code);

// One fault of an input: where it is (JSON pointer, RFC 6901; "" is the whole) and what is wrong, for the
// caller's eyes.
struct Violation {
  std::string pointer;
  std::string message;
  bool operator==(const Violation&) const = default;
};

// What handlers throw and what parsers, limits and authentication return. `reason` is a stable dotted slug
// that clients may switch on ("stock.insufficient"); `message` is for people outside; `note` reaches only the
// log.
class Error : public std::exception {
 public:
  Error(Code code, std::string reason, std::string message = {});

  // All violations of one input, code `invalid`.
  static Error invalid_input(std::vector<Violation> violations);

  Error&& with_status(int status) &&;              // a more exact status than the code's own (413, 422, …)
  Error&& with_note(std::string note) &&;          // internal text, for the log
  Error&& with_retry_after(int seconds) &&;        // when the caller may come back
  Error&& with_neighbour(std::string service) &&;  // who has answered so, or could not be reached
  Error&& with_detail(std::string key, std::string value) &&;  // public, machine-readable

  Code code() const { return code_; }
  int status() const { return status_ ? status_ : status_of(code_); }
  const std::string& reason() const { return reason_; }
  const std::string& message() const { return message_; }  // never empty
  const std::string& note() const { return note_; }
  int retry_after_seconds() const { return retry_after_seconds_; }  // 0: nothing is known
  const std::string& neighbour() const { return neighbour_; }       // empty: the failure is our own
  const std::vector<Violation>& violations() const { return violations_; }
  const std::vector<std::pair<std::string, std::string>>& details() const { return details_; }
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  Code code_;
  int status_ = 0;
  int retry_after_seconds_ = 0;
  std::string reason_, message_, note_, what_, neighbour_;
  std::vector<Violation> violations_;
  std::vector<std::pair<std::string, std::string>> details_;
};

// Stops the process with file, line and text when a promise of the code itself is broken; never for input.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
#define PORTICO_CHECK(condition) \
  ((condition) ? void() : ::portico::check_failed(#condition, __FILE__, __LINE__))

}  // namespace portico
