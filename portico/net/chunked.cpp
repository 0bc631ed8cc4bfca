#include "portico/net/codec.h"
#include "portico/net/syntax.h"

namespace portico::net {

Line take_line(std::string_view& input, size_t bytes_max) {
  size_t lf = input.find('\n');
  if (lf == std::string_view::npos)
    return {input.size() >= bytes_max ? Line::Status::too_long : Line::Status::more, {}};
  if (lf + 1 > bytes_max) return {Line::Status::too_long, {}};
  if (lf == 0 || input[lf - 1] != '\r') return {Line::Status::bare_lf, {}};
  Line line{Line::Status::complete, input.substr(0, lf - 1)};
  input.remove_prefix(lf + 1);
  return line;
}

ChunkedDecoder::Status ChunkedDecoder::feed(std::string_view& input, std::string& body,
                                            size_t body_bytes_max) {
  while (state_ != State::done) {
    Status status = Status::more;
    switch (state_) {
      case State::size:
        status = read_size(input, body_bytes_max - body.size());
        if (state_ == State::size) return status;
        break;
      case State::data: {
        size_t take = static_cast<size_t>(std::min<uint64_t>(left_, input.size()));
        body.append(input.substr(0, take));
        input.remove_prefix(take);
        left_ -= take;
        if (left_ > 0) return Status::more;
        state_ = State::data_cr;
        break;
      }
      case State::data_cr:
      case State::data_lf:
        if (input.empty()) return Status::more;
        if (input.front() != (state_ == State::data_cr ? '\r' : '\n')) return Status::malformed;
        input.remove_prefix(1);
        state_ = state_ == State::data_cr ? State::data_lf : State::size;
        break;
      case State::trailers:
        status = read_trailer(input);
        if (status != Status::done) return status;
        break;
      case State::done:
        break;
    }
  }
  return Status::done;
}

// Leaves the state at `size` when the line is not complete or not acceptable.
ChunkedDecoder::Status ChunkedDecoder::read_size(std::string_view& input, size_t room) {
  Line line = take_line(input, chunk_line_bytes_max);
  if (line.status == Line::Status::more) return Status::more;
  if (line.status != Line::Status::complete) return Status::malformed;
  size_t digits = 0;
  uint64_t size = 0;
  while (digits < line.text.size() && is(hex_char, line.text[digits])) {
    if (digits == 16) return Status::malformed;
    size = size << 4 | hex_value(line.text[digits++]);
  }
  std::string_view extensions = line.text.substr(digits);
  if (digits == 0 || (!extensions.empty() && extensions.front() != ';')) return Status::malformed;
  if (!all_are(value_char, extensions)) return Status::malformed;
  if (size > room) return Status::body_too_large;
  left_ = size;
  state_ = size == 0 ? State::trailers : State::data;
  return Status::more;
}

// `done` at the end of the line or of the trailers; the state tells which.
ChunkedDecoder::Status ChunkedDecoder::read_trailer(std::string_view& input) {
  size_t before = input.size(), room = trailer_bytes_max - trailer_bytes_;
  Line line = take_line(input, room + 2);  // the empty line at the end is not counted
  if (line.status == Line::Status::more) return Status::more;
  if (line.status == Line::Status::too_long) return Status::trailers_too_large;
  if (line.status == Line::Status::bare_lf) return Status::malformed;
  if (line.text.empty()) {
    state_ = State::done;
    return Status::done;
  }
  if (before - input.size() > room) return Status::trailers_too_large;
  trailer_bytes_ += before - input.size();
  return parse_field(line.text) ? Status::done : Status::malformed;
}

}  // namespace portico::net
