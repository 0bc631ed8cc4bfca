#include "portico/service/presenter.h"

#include "portico/schema/json.h"

namespace portico {
namespace {

// Small described shapes by which a foreign error body is read; everything in them may be missing.
struct ErrorViolation {
  std::optional<std::string> pointer;
  std::optional<std::string> detail;
};
PORTICO_DESCRIBE(ErrorViolation, pointer, detail)
struct ErrorBody {
  std::optional<std::string> error;
  std::optional<std::string> message;
  std::optional<std::string> detail;
  std::optional<std::string> code;
  List<ErrorViolation, 0, 200> errors;
};
PORTICO_DESCRIBE(ErrorBody, error, message, detail, code, errors)

void member(std::string& out, std::string_view name) {
  if (out.back() != '{' && out.back() != '[') out += ',';
  schema::write_json_text(out, name);
  out += ':';
}

void text_member(std::string& out, std::string_view name, std::string_view value) {
  member(out, name);
  schema::write_json_text(out, value);
}

// "/items/0/quantity" -> "items.0.quantity", as form libraries name fields.
std::string field_of(std::string_view pointer) {
  if (pointer.starts_with('/')) pointer.remove_prefix(1);
  std::string field(pointer);
  std::replace(field.begin(), field.end(), '/', '.');
  return field;
}

class EnvelopePresenter : public Presenter {
 public:
  net::Response present(const EndpointInfo& endpoint, const void* response) const override {
    net::Response answer{.status = endpoint.status};
    if (endpoint.status == 204) return answer;
    answer.headers.add("content-type", "application/json; charset=utf-8");
    std::string& out = answer.body;
    out = R"({"success":true)";
    text_member(out, "message", endpoint.message.empty() ? endpoint.summary : endpoint.message);
    if (response) {
      member(out, "data");
      if (!endpoint.wrapped_as.empty()) {
        out += '{';
        member(out, endpoint.wrapped_as);
      }
      schema::write_json(out, *endpoint.response, response);
      if (!endpoint.wrapped_as.empty()) out += '}';
    }
    out += '}';
    return answer;
  }

  net::Response present(const Error& error, std::string_view correlation_id) const override {
    // What happened inside is for the log only.
    bool inner = error.code() == Code::internal;
    std::string_view text = inner ? std::string_view("Internal error") : std::string_view(error.message());
    net::Response answer{.status = error.status()};
    answer.headers.add("content-type", "application/problem+json");
    if (error.retry_after_seconds() > 0)
      answer.headers.add("retry-after", std::to_string(error.retry_after_seconds()));
    std::string& out = answer.body;
    out = R"({"success":false)";
    text_member(out, "error", text);
    text_member(out, "message", text);
    text_member(out, "type", "about:blank");
    text_member(out, "title", net::reason_phrase(answer.status));
    member(out, "status");
    out += std::to_string(answer.status);
    text_member(out, "detail", text);
    text_member(out, "code", inner ? std::string_view("internal") : std::string_view(error.reason()));
    if (!correlation_id.empty()) text_member(out, "correlationId", correlation_id);
    if (!inner) {
      for (const auto& [key, value] : error.details()) text_member(out, key, value);
      write_violations(out, error.violations());
    }
    out += '}';
    return answer;
  }

  std::vector<std::string_view> result_path(const EndpointInfo& endpoint) const override {
    if (endpoint.wrapped_as.empty()) return {"data"};
    return {"data", endpoint.wrapped_as};
  }

  Error read_error(int status, std::string_view body) const override {
    auto read = schema::from_json<ErrorBody>(body);
    ErrorBody parsed = read ? std::move(*read) : ErrorBody{};
    std::string text = parsed.error     ? *parsed.error
                       : parsed.message ? *parsed.message
                                        : parsed.detail.value_or("");
    Error error(code_of_status(status), parsed.code.value_or("upstream.error"), std::move(text));
    schema::Violations violations;
    for (ErrorViolation& violation : parsed.errors)
      violations.push_back({violation.pointer.value_or(""), violation.detail.value_or("")});
    if (!violations.empty()) error = Error::invalid_input(std::move(violations));
    return std::move(error).with_status(status);
  }

  std::string success(const schema::Operation& operation, std::string_view payload) const override {
    std::string out = R"({"type":"object","required":["success","message")";
    out += payload.empty() ? "]" : R"(,"data"])";
    out += R"(,"properties":{"success":{"type":"boolean","const":true},"message":{"type":"string"})";
    if (!payload.empty()) {
      out += R"(,"data":)";
      if (operation.wrapped_as.empty()) {
        out += payload;
      } else {
        out += R"({"type":"object","required":[)";
        schema::write_json_text(out, operation.wrapped_as);
        out += R"(],"properties":{)";
        schema::write_json_text(out, operation.wrapped_as);
        ((out += ':') += payload) += "}}";
      }
    }
    return out + "}}";
  }

  std::string failure() const override {
    return R"({"type":"object","required":["success","error","status","code"],"properties":{)"
           R"("success":{"type":"boolean","const":false},"error":{"type":"string"},"message":{"type":"string"},)"
           R"("type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},)"
           R"("detail":{"type":"string"},"code":{"type":"string"},"correlationId":{"type":"string"},)"
           R"("errors":{"type":"array","items":{"type":"object","required":["field","pointer","message"],)"
           R"("properties":{"field":{"type":"string"},"pointer":{"type":"string"},"message":{"type":"string"},)"
           R"("detail":{"type":"string"}}}}}})";
  }

 private:
  static void write_violations(std::string& out, const std::vector<Violation>& violations) {
    if (violations.empty()) return;
    member(out, "errors");
    out += '[';
    for (const Violation& violation : violations) {
      if (out.back() != '[') out += ',';
      out += '{';
      text_member(out, "field", field_of(violation.pointer));
      text_member(out, "message", violation.message);
      text_member(out, "pointer", violation.pointer);
      text_member(out, "detail", violation.message);
      out += '}';
    }
    out += ']';
  }
};

}  // namespace

std::unique_ptr<Presenter> make_envelope_presenter() { return std::make_unique<EnvelopePresenter>(); }

}  // namespace portico
