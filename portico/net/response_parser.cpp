#include "portico/net/codec.h"
#include "portico/net/syntax.h"

namespace portico::net {
namespace {

constexpr size_t body_reserve_max = 64 * 1024;  // what a declared length alone makes us allocate

}  // namespace

size_t ResponseParser::feed(std::string_view input) {
  size_t size = input.size();
  bool more = true;
  while (more) {
    switch (state_) {
      case State::status_line:
        more = read_status_line(input);
        break;
      case State::fields:
        more = read_field(input);
        break;
      case State::sized_body:
      case State::body_until_close:
        more = read_body(input);
        break;
      case State::chunked_body:
        more = read_chunks(input);
        break;
      case State::done:
      case State::failed:
        more = false;
        break;
    }
  }
  return size - input.size();
}

void ResponseParser::end_of_input() {
  if (state_ == State::body_until_close) {
    state_ = State::done;
  } else if (state_ != State::done && state_ != State::failed) {
    fail("closed within a response");
  }
}

bool ResponseParser::fail(std::string note, bool too_large) {
  state_ = State::failed;
  note_ = std::move(note);
  too_large_ = too_large;
  keep_alive_ = false;
  return false;
}

bool ResponseParser::read_status_line(std::string_view& input) {
  size_t before = input.size();
  Line line = take_line(input, limits_.header_bytes_max);
  if (line.status == Line::Status::more) return false;
  if (line.status == Line::Status::too_long) return fail("status line too long", true);
  if (line.status == Line::Status::bare_lf) return fail("line without CR");
  header_bytes_ += before - input.size();
  // "HTTP/1.1 200 OK"; a reason phrase may be missing together with its space.
  std::string_view text = line.text;
  bool formed = text.size() >= 12 && (text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.0 ")) &&
                all_are(digit_char, text.substr(9, 3)) && (text.size() == 12 || text[12] == ' ') &&
                all_are(value_char, text);
  if (!formed) return fail("malformed status line");
  minor_version_ = text[7] - '0';
  response_.status = (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
  if (response_.status < 100 || response_.status > 599) return fail("status out of range");
  state_ = State::fields;
  return true;
}

bool ResponseParser::read_field(std::string_view& input) {
  size_t before = input.size(), room = limits_.header_bytes_max - header_bytes_;
  Line line = take_line(input, room + 2);
  if (line.status == Line::Status::more) return false;
  if (line.status == Line::Status::bare_lf) return fail("line without CR");
  if (line.status == Line::Status::complete && line.text.empty()) return finish_head();
  size_t bytes = before - input.size();
  if (line.status == Line::Status::too_long || bytes > room) return fail("headers too large", true);
  header_bytes_ += bytes;
  auto field = parse_field(line.text);
  if (!field) return fail("malformed header field");
  return accept_field(field->first, field->second);
}

bool ResponseParser::accept_field(std::string_view name, std::string_view value) {
  if (same_name(name, "content-length")) {
    if (content_length_) return fail("repeated content-length");
    content_length_ = parse_decimal(value);
    if (!content_length_) return fail("malformed content-length");
  } else if (same_name(name, "transfer-encoding")) {
    if (std::exchange(chunked_, true)) return fail("repeated transfer-encoding");
    if (parse_transfer_coding(value) != TransferCoding::chunked) return fail("unknown transfer coding");
  } else if (same_name(name, "connection")) {
    close_named_ = close_named_ || list_contains(value, "close");
    keep_alive_named_ = keep_alive_named_ || list_contains(value, "keep-alive");
  }
  response_.headers.add(name, value);
  return true;
}

bool ResponseParser::finish_head() {
  if (response_.status < 200) {
    if (response_.status == 101) return fail("switched protocols unasked");
    if (++informational_ > informational_max) return fail("too many informational responses");
    response_ = Response();
    content_length_.reset();
    chunked_ = close_named_ = keep_alive_named_ = false;
    state_ = State::status_line;
    return true;
  }
  if (chunked_ && (content_length_ || minor_version_ == 0)) return fail("contradictory framing");
  keep_alive_ = minor_version_ == 0 ? keep_alive_named_ && !close_named_ : !close_named_;
  if (to_head_ || response_.status == 204 || response_.status == 304) {
    state_ = State::done;
  } else if (chunked_) {
    state_ = State::chunked_body;
  } else if (content_length_) {
    body_left_ = *content_length_;
    if (!body_fits(body_left_)) return false;
    response_.body.reserve(static_cast<size_t>(std::min<uint64_t>(body_left_, body_reserve_max)));
    state_ = body_left_ > 0 ? State::sized_body : State::done;
  } else {
    keep_alive_ = false;
    state_ = State::body_until_close;
  }
  return true;
}

bool ResponseParser::body_fits(uint64_t more) {
  return more <= limits_.body_bytes_max - response_.body.size() || fail("body too large", true);
}

bool ResponseParser::read_body(std::string_view& input) {
  bool sized = state_ == State::sized_body;
  size_t take = sized ? static_cast<size_t>(std::min<uint64_t>(body_left_, input.size())) : input.size();
  if (!body_fits(take)) return false;
  response_.body.append(input.substr(0, take));
  input.remove_prefix(take);
  if (sized) {
    body_left_ -= take;
    if (body_left_ == 0) state_ = State::done;
  }
  return false;
}

bool ResponseParser::read_chunks(std::string_view& input) {
  switch (chunks_.feed(input, response_.body, limits_.body_bytes_max)) {
    case ChunkedDecoder::Status::more:
      return false;
    case ChunkedDecoder::Status::done:
      state_ = State::done;
      return false;
    case ChunkedDecoder::Status::malformed:
      return fail("malformed chunk");
    case ChunkedDecoder::Status::body_too_large:
      return fail("body too large", true);
    case ChunkedDecoder::Status::trailers_too_large:
      return fail("trailers too large", true);
  }
  return false;
}

}  // namespace portico::net
