#include "portico/schema/openapi.h"

#include "portico/base/error.h"
#include "portico/schema/document.h"
#include "portico/schema/scan.h"

namespace portico::schema {
namespace detail {
namespace {

constexpr std::string_view failure_name = "Error";

std::string phrase_of(int status) {
  constexpr std::pair<int, std::string_view> phrases[] = {
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No content"},
      {301, "Moved permanently"},
      {302, "Found"},
      {303, "See other"},
      {304, "Not modified"},
      {400, "The request is not valid"},
      {401, "Authentication required"},
      {402, "Payment required"},
      {403, "Not allowed"},
      {404, "Not found"},
      {405, "Method not allowed"},
      {409, "The request conflicts with the present state"},
      {410, "Gone"},
      {412, "The version given is no longer the present one"},
      {413, "The body is too large"},
      {415, "The media type is not supported"},
      {422, "The request cannot be processed"},
      {428, "A version must be given"},
      {429, "Too many requests"},
      {500, "Internal error"},
      {501, "Not implemented"},
      {502, "A service behind answered wrongly"},
      {503, "Service unavailable"},
      {504, "The time limit has passed"},
  };
  for (const auto& [known, phrase] : phrases)
    if (known == status) return std::string(phrase);
  return "Status " + std::to_string(status);
}

std::string security_scheme(std::string_view name) {
  if (name == "bearerAuth") return R"({"type":"http","scheme":"bearer","bearerFormat":"JWT"})";
  PORTICO_CHECK(name == "internalKey");
  return R"({"type":"apiKey","in":"header","name":"X-Internal-Key"})";
}

// A schema handed in by an envelope.
std::string checked(std::string schema) {
  Scanner scan(schema, Scanner::levels_max);
  Skipped skipped;
  PORTICO_CHECK(scan.skip_value(skipped) && scan.finish() && !skipped.repeated);
  return schema;
}

// The names in braces of "/api/products/{id}".
std::vector<std::string_view> names_in_path(std::string_view path) {
  std::vector<std::string_view> names;
  for (size_t open; (open = path.find('{')) != std::string_view::npos;) {
    size_t close = path.find('}', open);
    PORTICO_CHECK(close != std::string_view::npos && close > open + 1);
    names.push_back(path.substr(open + 1, close - open - 1));
    path.remove_prefix(close + 1);
  }
  return names;
}

class DocumentBuilder {
 public:
  DocumentBuilder(const DocumentInfo& info, std::span<const Operation> operations, const Envelope& envelope)
      : info_(info), operations_(operations), envelope_(envelope) {
    components_.reserve(failure_name);
    for (const Operation& operation : operations_)
      if (operation.response) components_.answer(*operation.response);
  }

  std::string build() {
    ObjectText out;
    out.add_text("openapi", "3.1.0");
    out.add("info", info_json());
    out.add("servers", servers_json());
    std::string paths = paths_json();
    out.add("tags", tags_json());
    out.add("paths", paths);
    std::string components = components_json();
    if (components != "{}") out.add("components", components);
    return pretty(out.text());
  }

 private:
  std::string info_json() const {
    ObjectText out;
    out.add_text("title", info_.title);
    out.add_text("version", info_.version);
    if (!info_.description.empty()) out.add_text("description", info_.description);
    out.add("license", R"({"name":"Apache License 2.0","identifier":"Apache-2.0"})");
    return out.text();
  }

  // An empty list would mean the document's own origin as well; tools want it said.
  std::string servers_json() const {
    std::vector<std::string> servers;
    for (const std::string& url : info_.servers) servers.push_back(R"({"url":)" + quoted(url) + "}");
    if (servers.empty()) servers.push_back(R"({"url":"/"})");
    return array_of(servers);
  }

  // In the order in which operations name them first, as are the paths.
  std::string tags_json() const {
    std::vector<std::string> tags;
    std::set<std::string_view> seen;
    for (const Operation& operation : operations_) {
      if (!seen.insert(operation.tag).second) continue;
      ObjectText tag;
      tag.add_text("name", operation.tag);
      tag.add_text("description", "Operations of " + operation.tag);
      tags.push_back(tag.text());
    }
    return array_of(tags);
  }

  std::string paths_json() {
    ObjectText paths;
    std::set<std::string_view> seen, ids;
    for (const Operation& operation : operations_) {
      PORTICO_CHECK(ids.insert(operation.id).second);
      if (!seen.insert(operation.path).second) continue;
      ObjectText item;
      std::set<std::string_view> verbs;
      for (const Operation& same : operations_) {
        if (same.path != operation.path) continue;
        PORTICO_CHECK(verbs.insert(same.verb).second);
        item.add(same.verb, operation_json(same));
      }
      paths.add(operation.path, item.text());
    }
    return paths.text();
  }

  std::string operation_json(const Operation& operation) {
    ObjectText out;
    out.add_text("operationId", operation.id);
    out.add("tags", "[" + quoted(operation.tag) + "]");
    out.add_text("summary", operation.summary);
    out.add("security", security_json(operation));
    std::set<const Member*> placed;  // members that are parameters
    std::vector<std::string> parameters = parameters_of(operation, placed);
    if (!parameters.empty()) out.add("parameters", array_of(parameters));
    if (operation.request && placed.size() < operation.request->members.size())
      out.add("requestBody", body_json(*operation.request, placed));
    out.add("responses", responses_json(operation));
    return out.text();
  }

  std::string security_json(const Operation& operation) {
    std::vector<std::string> any;
    for (const std::string& name : operation.security) {
      schemes_.insert(name);
      any.push_back("{" + quoted(name) + ":[]}");
    }
    return array_of(any);
  }

  std::vector<std::string> parameters_of(const Operation& operation, std::set<const Member*>& placed) {
    std::vector<std::string> out;
    for (std::string_view name : names_in_path(operation.path)) {
      const Member* member = operation.request ? operation.request->find(name) : nullptr;
      if (member) placed.insert(member);
      out.push_back(parameter_json(name, "path", true,
                                   member ? components_.schema(member->type()) : R"({"type":"string"})"));
    }
    bool query = operation.verb == "get" || operation.verb == "delete" || operation.verb == "head";
    if (!query || !operation.request) return out;
    for (const Member& member : operation.request->members)
      if (placed.insert(&member).second)
        out.push_back(
            parameter_json(member.name, "query", member.required, components_.schema(member.type())));
    return out;
  }

  std::string parameter_json(std::string_view name, std::string_view in, bool required,
                             std::string_view schema) const {
    ObjectText out;
    out.add_text("name", name);
    out.add_text("in", in);
    out.add("required", required ? "true" : "false");
    out.add("schema", schema);
    return out.text();
  }

  // A struct of which some members stand in the path has no name of its own as a body.
  std::string body_json(const Type& request, const std::set<const Member*>& placed) {
    bool required = false;
    for (const Member& member : request.members) required |= member.required && !placed.contains(&member);
    ObjectText out;
    out.add("required", required ? "true" : "false");
    out.add("content",
            content_json("application/json", placed.empty() ? components_.schema(request)
                                                            : components_.object_schema(request, placed)));
    return out.text();
  }

  std::string content_json(std::string_view media_type, std::string_view schema) const {
    ObjectText media, content;
    media.add("schema", schema);
    content.add(media_type, media.text());
    return content.text();
  }

  std::string responses_json(const Operation& operation) {
    ObjectText out, success;
    success.add_text("description", phrase_of(operation.status));
    std::string schema = success_schema(operation);
    if (!schema.empty()) success.add("content", content_json(operation.media_type, schema));
    out.add(std::to_string(operation.status), success.text());
    if (operation.refusal) {
      ObjectText refusal;
      refusal.add_text("description", phrase_of(operation.refusal));
      refusal.add("content", content_json(operation.media_type, schema));
      out.add(std::to_string(operation.refusal), refusal.text());
    }
    std::set<int> failures(operation.failures.begin(), operation.failures.end());
    if (operation.request && !operation.request->members.empty()) failures.insert(400);
    if (!operation.security.empty()) failures.insert(401);
    failures.erase(operation.status);
    failures.erase(operation.refusal);
    for (int status : failures) {
      ObjectText failure;
      failure.add_text("description", phrase_of(status));
      failure.add("content", content_json("application/json", failure_reference()));
      out.add(std::to_string(status), failure.text());
    }
    return out.text();
  }

  // Only JSON travels in an envelope. Empty: there is no body.
  std::string success_schema(const Operation& operation) {
    if (operation.status == 204 || operation.status == 304) return {};
    if (!operation.body_schema.empty()) return checked(std::string(operation.body_schema));
    if (operation.media_type.starts_with("text/")) return R"({"type":"string"})";
    if (!operation.media_type.ends_with("json")) return "{}";
    std::string payload = operation.response ? components_.schema(*operation.response) : "";
    std::string schema = envelope_.success(operation, payload);
    return schema.empty() ? schema : checked(schema);
  }

  std::string failure_reference() {
    has_failures_ = true;
    return R"({"$ref":"#/components/schemas/)" + std::string(failure_name) + "\"}";
  }

  std::string components_json() {
    ObjectText schemas, schemes, out;
    if (has_failures_) schemas.add(failure_name, checked(envelope_.failure()));
    components_.add_to(schemas);
    for (std::string_view name : schemes_) schemes.add(name, security_scheme(name));
    if (!schemas.empty()) out.add("schemas", schemas.text());
    if (!schemes.empty()) out.add("securitySchemes", schemes.text());
    return out.text();
  }

  const DocumentInfo& info_;
  std::span<const Operation> operations_;
  const Envelope& envelope_;
  Components components_{"#/components/schemas/"};
  std::set<std::string_view> schemes_;
  bool has_failures_ = false;
};

}  // namespace
}  // namespace detail

std::string openapi(const DocumentInfo& info, std::span<const Operation> operations,
                    const Envelope& envelope) {
  return detail::DocumentBuilder(info, operations, envelope).build();
}

}  // namespace portico::schema
