#include "portico/net/codec.h"
#include "portico/net/syntax.h"

namespace portico::net {
namespace {

constexpr size_t body_reserve_max = 64 * 1024;  // what a declared length alone makes us allocate

bool is_name_with_underscores(std::string_view name, std::string_view known) {
  std::string dashed(name);
  for (char& c : dashed) c = c == '_' ? '-' : c;
  return same_name(dashed, known);
}

}  // namespace

size_t RequestParser::feed(std::string_view input) {
  size_t size = input.size();
  bool more = true;
  while (more) {
    switch (state_) {
      case State::request_line:
        more = read_request_line(input);
        break;
      case State::fields:
        more = read_field(input);
        break;
      case State::sized_body:
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

bool RequestParser::refuse(int status, std::string_view reason, std::string_view message) {
  state_ = State::failed;
  refusal_ = {status, reason, message};
  return false;
}

bool RequestParser::read_request_line(std::string_view& input) {
  Line line = take_line(input, limits_.request_line_bytes_max + 2);
  switch (line.status) {
    case Line::Status::more:
      return false;
    case Line::Status::too_long:
      return refuse(414, "http.target_too_long", "The request line is too long.");
    case Line::Status::bare_lf:
      return refuse(400, "http.bad_request_line", "Lines must end in CR LF.");
    case Line::Status::complete:
      break;
  }
  if (!line.text.empty()) return parse_request_line(line.text);
  if (++blank_lines_ <= blank_lines_max) return true;
  return refuse(400, "http.bad_request_line", "Too many empty lines before the request.");
}

bool RequestParser::parse_request_line(std::string_view line) {
  size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse(400, "http.bad_request_line", "A request line is a method, a target and a version.");
  }
  std::string_view method = line.substr(0, first), target = line.substr(first + 1, last - first - 1);
  if (method.empty() || !all_are(token_char, method) || !all_are(value_char, line)) {
    return refuse(400, "http.bad_request_line", "The request line is malformed.");
  }
  if (!parse_version(line.substr(last + 1))) return false;
  auto verb = parse_verb(method);
  if (!verb) {
    bool known = method == "TRACE" || method == "CONNECT" || method == "TRACK";
    return known ? refuse(405, "http.method_not_allowed", "This method is not allowed here.")
                 : refuse(501, "http.method_unknown", "This method is not known.");
  }
  request_.verb = *verb;
  if (!parse_target(target)) return false;
  state_ = State::fields;
  return true;
}

bool RequestParser::parse_version(std::string_view version) {
  if (version == "HTTP/1.1" || version == "HTTP/1.0") {
    minor_version_ = version.back() - '0';
    return true;
  }
  bool formed = version.size() == 8 && version.starts_with("HTTP/") && is(digit_char, version[5]) &&
                version[6] == '.' && is(digit_char, version[7]);
  return formed ? refuse(505, "http.version_unsupported", "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
                : refuse(400, "http.bad_request_line", "The request line has no HTTP version.");
}

bool RequestParser::parse_target(std::string_view target) {
  if (target == "*" && request_.verb == Verb::OPTIONS) {
    request_.target = "*";
    return true;
  }
  // absolute-form: the authority replaces Host (RFC 9112 section 3.2.2).
  size_t scheme = same_name(target.substr(0, 7), "http://")    ? 7
                  : same_name(target.substr(0, 8), "https://") ? 8
                                                               : 0;
  if (scheme > 0) {
    target.remove_prefix(scheme);
    size_t end = std::min(target.find_first_of("/?"), target.size());
    authority_ = target.substr(0, end);
    if (!valid_host(authority_))
      return refuse(400, "http.bad_target", "The target's authority is malformed.");
    target.remove_prefix(end);
  }
  size_t mark = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, mark);
  if (scheme > 0 && path.empty()) path = "/";
  std::string_view query = target.substr(mark);
  if (!all_are(target_char, target)) {
    return refuse(400, "http.bad_target", "The target contains characters that must be escaped.");
  }
  auto canonical = canonical_path(path);
  if (!canonical) return refuse(400, "http.bad_target", "The target's path is malformed or ambiguous.");
  request_.target = std::move(*canonical);
  request_.target.append(query);
  return true;
}

bool RequestParser::read_field(std::string_view& input) {
  size_t before = input.size(), room = limits_.header_bytes_max - header_bytes_;
  Line line = take_line(input, room + 2);  // the empty line at the end is not counted
  if (line.status == Line::Status::more) return false;
  if (line.status == Line::Status::bare_lf) return refuse(400, "http.bad_header", "Lines must end in CR LF.");
  size_t bytes = before - input.size();
  bool empty = line.status == Line::Status::complete && line.text.empty();
  if (empty) return finish_head();
  if (line.status == Line::Status::too_long || bytes > room) {
    return refuse(431, "http.headers_too_large", "The header fields are too large.");
  }
  header_bytes_ += bytes;
  if (++header_count_ > limits_.header_count_max) {
    return refuse(431, "http.headers_too_large", "There are too many header fields.");
  }
  auto field = parse_field(line.text);
  if (!field) return refuse(400, "http.bad_header", "A header field is malformed.");
  return accept_field(field->first, field->second);
}

bool RequestParser::accept_field(std::string_view name, std::string_view value) {
  if (name.find('_') != std::string_view::npos) return accept_underscored(name);
  if (same_name(name, "host")) {
    if (std::exchange(host_seen_, true)) return refuse(400, "http.bad_host", "Host must be given once.");
    if (!valid_host(value)) return refuse(400, "http.bad_host", "Host is malformed.");
  } else if (same_name(name, "content-length")) {
    if (content_length_) return refuse(400, "http.bad_framing", "Content-Length must be given once.");
    content_length_ = parse_decimal(value);
    if (!content_length_) return refuse(400, "http.bad_framing", "Content-Length must be a number.");
  } else if (same_name(name, "transfer-encoding")) {
    if (std::exchange(chunked_, true))
      return refuse(400, "http.bad_framing", "Transfer-Encoding must be given once.");
    TransferCoding coding = parse_transfer_coding(value);
    if (coding == TransferCoding::invalid)
      return refuse(400, "http.bad_framing", "Transfer-Encoding is malformed.");
    if (coding == TransferCoding::unknown) {
      return refuse(501, "http.transfer_coding_unknown", "The only transfer coding known here is chunked.");
    }
  } else if (same_name(name, "connection")) {
    close_named_ = close_named_ || list_contains(value, "close");
    keep_alive_named_ = keep_alive_named_ || list_contains(value, "keep-alive");
  } else if (same_name(name, "expect")) {
    if (expects_continue_ || !same_name(value, "100-continue")) {
      return refuse(417, "http.expectation_failed", "The only expectation known here is 100-continue.");
    }
    expects_continue_ = true;
  } else if (same_name(name, "authorization")) {
    if (std::exchange(authorization_seen_, true)) {
      return refuse(400, "http.bad_header", "Authorization must be given once.");
    }
  } else if (same_name(name, "content-type")) {
    if (std::exchange(content_type_seen_, true)) {
      return refuse(400, "http.bad_header", "Content-Type must be given once.");
    }
  }
  request_.headers.add(name, value);
  return true;
}

// Names with '_' turn into their twins with '-' in many servers behind us: those that frame the message are
// refused, the others dropped.
bool RequestParser::accept_underscored(std::string_view name) {
  for (std::string_view framing : {"content-length", "transfer-encoding"}) {
    if (is_name_with_underscores(name, framing)) {
      return refuse(400, "http.bad_framing", "A framing field is misspelt.");
    }
  }
  return true;
}

bool RequestParser::finish_head() {
  if (minor_version_ >= 1 && !host_seen_) return refuse(400, "http.bad_host", "Host is missing.");
  if (chunked_ && (content_length_ || minor_version_ == 0)) {
    return refuse(400, "http.bad_framing", "Transfer-Encoding excludes Content-Length and HTTP/1.0.");
  }
  if (minor_version_ == 0) expects_continue_ = false;  // RFC 9110 section 10.1.1
  if (!authority_.empty()) request_.headers.set("host", authority_);
  if (chunked_) {
    state_ = State::chunked_body;
    return true;
  }
  body_left_ = content_length_.value_or(0);
  if (body_left_ > limits_.body_bytes_max)
    return refuse(413, "http.body_too_large", "The body is too large.");
  request_.body.reserve(static_cast<size_t>(std::min<uint64_t>(body_left_, body_reserve_max)));
  state_ = body_left_ > 0 ? State::sized_body : State::done;
  return true;
}

bool RequestParser::read_body(std::string_view& input) {
  if (!input.empty()) expects_continue_ = false;  // the sender has not waited
  size_t take = static_cast<size_t>(std::min<uint64_t>(body_left_, input.size()));
  request_.body.append(input.substr(0, take));
  input.remove_prefix(take);
  body_left_ -= take;
  if (body_left_ == 0) state_ = State::done;
  return false;
}

bool RequestParser::read_chunks(std::string_view& input) {
  if (!input.empty()) expects_continue_ = false;
  switch (chunks_.feed(input, request_.body, limits_.body_bytes_max)) {
    case ChunkedDecoder::Status::more:
      return false;
    case ChunkedDecoder::Status::done:
      state_ = State::done;
      return false;
    case ChunkedDecoder::Status::malformed:
      return refuse(400, "http.bad_chunk", "The chunked body is malformed.");
    case ChunkedDecoder::Status::body_too_large:
      return refuse(413, "http.body_too_large", "The body is too large.");
    case ChunkedDecoder::Status::trailers_too_large:
      return refuse(431, "http.headers_too_large", "The trailer fields are too large.");
  }
  return false;
}

Request RequestParser::take() {
  Request taken = std::move(request_);
  request_ = Request();
  state_ = State::request_line;
  blank_lines_ = header_bytes_ = header_count_ = 0;
  authority_.clear();
  content_length_.reset();
  chunked_ = host_seen_ = authorization_seen_ = content_type_seen_ = false;
  close_named_ = keep_alive_named_ = expects_continue_ = false;
  chunks_ = ChunkedDecoder();
  return taken;
}

}  // namespace portico::net
