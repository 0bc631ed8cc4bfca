#include "tests/systems/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdint>
#include <ostream>

namespace portico::test {
namespace {

const boost::json::value nothing;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  return text;
}

size_t take_body(char* data, size_t size, size_t count, void* reply) {
  static_cast<Reply*>(reply)->body.append(data, size * count);
  return size * count;
}

size_t take_header(char* data, size_t size, size_t count, void* target) {
  Reply& reply = *static_cast<Reply*>(target);
  std::string_view line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) reply.headers.clear();  // a status line: of the final answer in the end
  size_t colon = line.find(':');
  if (colon != line.npos) {
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    reply.headers.emplace_back(lower(std::string(line.substr(0, colon))), std::string(value));
  }
  return size * count;
}

struct CurlLibrary {
  CurlLibrary() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

}  // namespace

std::string Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

bool Reply::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return header.first == name; });
}

const boost::json::value& Reply::at(std::string_view pointer) const {
  boost::system::error_code error;
  const boost::json::value* found = json.find_pointer(pointer, error);
  return found ? *found : nothing;
}

std::string Reply::text(std::string_view pointer) const {
  const boost::json::value& value = at(pointer);
  if (value.is_string()) return std::string(value.get_string());
  return boost::json::serialize(value);
}

int64_t Reply::number(std::string_view pointer) const {
  const boost::json::value& value = at(pointer);
  return value.is_int64() ? value.get_int64() : INT64_MIN;
}

int64_t Reply::cents(std::string_view pointer) const {
  const boost::json::value& value = at(pointer);
  if (value.is_int64()) return value.get_int64() * 100;
  return value.is_double() ? std::llround(value.get_double() * 100) : INT64_MIN;
}

size_t Reply::size(std::string_view pointer) const {
  const boost::json::value& value = at(pointer);
  return value.is_array() ? value.get_array().size() : 0;
}

std::vector<std::string> Reply::fields_at_fault() const {
  std::vector<std::string> fields;
  for (size_t i = 0; i < size("/errors"); ++i)
    fields.push_back(text("/errors/" + std::to_string(i) + "/field"));
  std::sort(fields.begin(), fields.end());
  return fields;
}

std::ostream& operator<<(std::ostream& out, const Reply& reply) {
  if (reply.status == 0) return out << "no answer: " << reply.failure;
  return out << reply.status << ' ' << reply.body.substr(0, 600);
}

struct Http::Impl {
  CURL* curl = nullptr;
  Impl() {
    static CurlLibrary library;
    curl = curl_easy_init();
  }
  ~Impl() { curl_easy_cleanup(curl); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

Http::Http() : impl_(std::make_unique<Impl>()) {}
Http::~Http() = default;
Http::Http(Http&&) noexcept = default;
Http& Http::operator=(Http&&) noexcept = default;

Reply Http::send(const std::string& verb, const std::string& url, const std::string& body,
                 const HeaderLines& headers, bool has_body) {
  Reply reply;
  CURL* curl = impl_->curl;
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms_);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);
  if (verb == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_slist* lines = curl_slist_append(nullptr, "Expect:");
  bool typed = false;
  for (const std::string& header : headers) {
    typed = typed || lower(header).starts_with("content-type:");
    lines = curl_slist_append(lines, header.c_str());
  }
  if (has_body && verb != "GET" && verb != "HEAD" && verb != "DELETE" && verb != "OPTIONS") {
    if (!typed) lines = curl_slist_append(lines, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
  CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(lines);
  // An answer may come before the whole body is taken (413); then the rest of it cannot be sent.
  reply.status = code == CURLE_OK || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ? int(status) : 0;
  if (reply.status == 0) reply.failure = curl_easy_strerror(code);
  boost::system::error_code error;
  boost::json::value json = boost::json::parse(reply.body, error);
  if (!error) reply.json = std::move(json);
  return reply;
}

HeaderLines bearer(const std::string& token) { return {"Authorization: Bearer " + token}; }

std::string escaped(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                 c == '_' || c == '.' || c == '~';
    if (plain) {
      out += char(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  return out;
}

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::value(boost::json::string(text)));
}

}  // namespace portico::test
