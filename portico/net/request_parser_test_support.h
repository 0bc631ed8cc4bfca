// For the tests of the request parser only: samples, cut at every byte.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "portico/net/codec.h"

namespace portico::net {
inline ServerLimits small_limits() {
  ServerLimits limits;
  limits.request_line_bytes_max = 100;
  limits.header_bytes_max = 400;
  limits.header_count_max = 12;
  limits.body_bytes_max = 64;
  return limits;
}

// Everything that a parser made of `input`, fed in pieces that end at `cuts`: the requests, then how it
// ended.
inline std::string outcome(const std::string& input, const std::vector<size_t>& cuts,
                           const ServerLimits& limits) {
  RequestParser parser(limits);
  std::string text, pending;
  size_t from = 0;
  bool closed = false;  // what follows on the connection is not looked at
  auto feed_on = [&] {
    while (!parser.failed() && !closed) {
      pending.erase(0, parser.feed(pending));
      if (!parser.done()) break;
      bool keep_alive = parser.keep_alive();
      Request request = parser.take();
      text += fmt::format("{} {}", name_of(request.verb), request.target);
      for (auto [name, value] : request.headers) text += fmt::format(" [{}:{}]", name, value);
      text += fmt::format(" <{}>{}; ", request.body, keep_alive ? "" : " close");
      closed = !keep_alive;
    }
  };
  for (size_t cut : cuts) {
    pending.append(input, from, cut - from);
    from = cut;
    feed_on();
  }
  pending.append(input, from);
  feed_on();
  if (parser.failed()) return text + std::to_string(parser.refusal().status);
  return text + (closed || (pending.empty() && !parser.in_body()) ? "end" : "more");
}

// A75: the same whatever the cuts.
inline std::string outcome_of(const std::string& input, const ServerLimits& limits = small_limits()) {
  std::string whole = outcome(input, {}, limits);
  std::vector<size_t> every;
  for (size_t cut = 1; cut < input.size(); ++cut) {
    every.push_back(cut);
    EXPECT_EQ(outcome(input, {cut}, limits), whole) << "cut at " << cut << " of: " << input;
  }
  EXPECT_EQ(outcome(input, every, limits), whole) << "byte by byte: " << input;
  return whole;
}

inline std::string post(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

inline std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

struct Case {
  std::string id, input, wanted;
};

inline void check(const std::vector<Case>& cases) {
  for (const auto& c : cases) EXPECT_EQ(outcome_of(c.input), c.wanted) << c.id << ": " << c.input;
}
}  // namespace portico::net
