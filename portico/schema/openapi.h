// JSON Schema (2020-12) of described types and OpenAPI 3.1 documents of operations over them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portico/schema/type.h"

namespace portico::schema {

// The JSON Schema of a type, alone: {"type":"object",...}; nested structs by $ref into "#/$defs/".
std::string json_schema(const Type& type);

// What OpenAPI needs to know of one operation; the service layer fills it from its endpoints.
struct Operation {
  std::string verb;  // "get", lower case
  std::string path;  // "/api/products/{id}"
  std::string id;    // unique: "product.read"
  std::string tag;   // the service's name
  std::string summary;
  const Type* request = nullptr;   // members named in the path are path parameters; the rest is the query
                                   // (get, delete) or the JSON body
  const Type* response = nullptr;  // nullptr: no body
  int status = 200;                // of success
  std::vector<int> failures;       // statuses of errors it may answer, 4xx and 5xx
  std::vector<std::string>
      security;  // names of the security schemes, any one of which suffices; empty: public
  std::string media_type = "application/json";  // of the response
  std::string wrapped_as;                       // name under which an envelope carries the payload
  std::string_view body_schema;  // JSON Schema of a body without envelope, instead of `response`
  int refusal = 0;               // a second status with a body like that of success: 503 of a health page
};

// How a system wraps what travels: given the schema of the payload as JSON text, the schema of the whole
// body.
struct Envelope {
  virtual ~Envelope() = default;
  // `payload` is a schema or empty (no payload).
  virtual std::string success(const Operation& operation, std::string_view payload) const = 0;
  virtual std::string failure() const = 0;
};

struct DocumentInfo {
  std::string title, version, description;
  std::vector<std::string> servers;  // URLs
};

// The whole document, members in a fixed order, pretty-printed with two spaces: fit to be committed and
// compared.
std::string openapi(const DocumentInfo& info, std::span<const Operation> operations,
                    const Envelope& envelope);

}  // namespace portico::schema
