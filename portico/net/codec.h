// Inside net/ only: HTTP/1.1 messages out of bytes (RFC 9112). The parsers are fed what has arrived and
// resume where the input was cut; what they say depends on the bytes alone, never on how they were cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "portico/net/client.h"
#include "portico/net/message.h"
#include "portico/net/server.h"

namespace portico::net {

inline constexpr size_t chunk_line_bytes_max = 256;  // a chunk's size and extensions
inline constexpr size_t trailer_bytes_max = 4 * 1024;
inline constexpr size_t blank_lines_max = 2;    // before a request line (RFC 9112 section 2.2)
inline constexpr size_t informational_max = 8;  // 1xx responses before the final one

// Takes a line off the front of `input`, without its CRLF.
struct Line {
  enum class Status { complete, more, too_long, bare_lf } status;
  std::string_view text;
};
Line take_line(std::string_view& input, size_t bytes_max);  // the limit includes the CRLF

// The chunked coding (RFC 9112 section 7.1). Extensions are checked and dropped, trailers too.
class ChunkedDecoder {
 public:
  enum class Status { more, done, malformed, body_too_large, trailers_too_large };
  // Takes what it can off `input` and appends to `body`, which never grows beyond `body_bytes_max`.
  Status feed(std::string_view& input, std::string& body, size_t body_bytes_max);

 private:
  enum class State { size, data, data_cr, data_lf, trailers, done };
  Status read_size(std::string_view& input, size_t room);
  Status read_trailer(std::string_view& input);

  State state_ = State::size;
  uint64_t left_ = 0;  // of the chunk's data
  size_t trailer_bytes_ = 0;
};

// Why a request is refused; the connection is closed after the answer.
struct Refusal {
  int status;
  std::string_view reason;   // a dotted slug
  std::string_view message;  // for people
};

class RequestParser {
 public:
  explicit RequestParser(const ServerLimits& limits) : limits_(limits) {}

  // Takes what it can off the front of `input` and returns how many bytes that was. The rest (an incomplete
  // line, the next request behind a finished one, anything behind a refused one) is to be fed again, with
  // more behind it.
  size_t feed(std::string_view input);

  bool done() const { return state_ == State::done; }
  bool failed() const { return state_ == State::failed; }
  const Refusal& refusal() const { return refusal_; }
  bool at_start() const { return state_ == State::request_line; }
  bool in_body() const { return state_ == State::sized_body || state_ == State::chunked_body; }
  // The head is complete and its sender waits for "100 Continue": no byte of the body has come.
  bool expects_continue() const { return in_body() && expects_continue_; }

  // Of a finished request: whether the connection may carry another.
  bool keep_alive() const { return minor_version_ == 0 ? keep_alive_named_ && !close_named_ : !close_named_; }
  int minor_version() const { return minor_version_; }
  // The finished request; the parser is ready for the next.
  Request take();

 private:
  enum class State { request_line, fields, sized_body, chunked_body, done, failed };

  bool refuse(int status, std::string_view reason, std::string_view message);
  // Each of these returns whether there is more to do with what is left of the input.
  bool read_request_line(std::string_view& input);
  bool read_field(std::string_view& input);
  bool read_body(std::string_view& input);
  bool read_chunks(std::string_view& input);
  bool parse_request_line(std::string_view line);
  bool parse_target(std::string_view target);
  bool parse_version(std::string_view version);
  bool accept_field(std::string_view name, std::string_view value);
  bool accept_underscored(std::string_view name);
  bool finish_head();

  const ServerLimits& limits_;
  State state_ = State::request_line;
  Refusal refusal_{};
  Request request_;
  int minor_version_ = 1;
  size_t blank_lines_ = 0, header_bytes_ = 0, header_count_ = 0;
  std::string authority_;  // of an absolute-form; replaces Host
  std::optional<uint64_t> content_length_;
  bool chunked_ = false, host_seen_ = false, authorization_seen_ = false, content_type_seen_ = false;
  bool close_named_ = false, keep_alive_named_ = false, expects_continue_ = false;
  uint64_t body_left_ = 0;
  ChunkedDecoder chunks_;
};

class ResponseParser {
 public:
  // `to_head`: the request was HEAD, whose response has no body whatever its fields say.
  ResponseParser(const ClientLimits& limits, bool to_head) : limits_(limits), to_head_(to_head) {}

  size_t feed(std::string_view input);  // as that of RequestParser
  // The peer has closed: ends a body that only this delimits.
  void end_of_input();

  bool done() const { return state_ == State::done; }
  bool failed() const { return state_ == State::failed; }
  bool too_large() const { return too_large_; }  // of a failed one: a limit was the reason
  const std::string& note() const { return note_; }
  bool keep_alive() const { return keep_alive_; }
  Response take() { return std::move(response_); }

 private:
  enum class State { status_line, fields, sized_body, chunked_body, body_until_close, done, failed };

  bool fail(std::string note, bool too_large = false);
  bool read_status_line(std::string_view& input);
  bool read_field(std::string_view& input);
  bool read_body(std::string_view& input);
  bool read_chunks(std::string_view& input);
  bool accept_field(std::string_view name, std::string_view value);
  bool finish_head();
  bool body_fits(uint64_t more);

  const ClientLimits& limits_;
  const bool to_head_;
  State state_ = State::status_line;
  std::string note_;
  bool too_large_ = false, keep_alive_ = true;
  Response response_;
  int minor_version_ = 1;
  size_t header_bytes_ = 0, informational_ = 0;
  std::optional<uint64_t> content_length_;
  bool chunked_ = false, close_named_ = false, keep_alive_named_ = false;
  uint64_t body_left_ = 0;
  ChunkedDecoder chunks_;
};

}  // namespace portico::net
