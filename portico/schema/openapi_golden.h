// The document that openapi_test.cpp expects, to the byte. Included by that test only.
#pragma once

namespace portico::schema {

inline constexpr const char* golden_document = R"({
  "openapi": "3.1.0",
  "info": {
    "title": "Shop",
    "version": "1.0.0",
    "description": "What the shop offers",
    "license": {
      "name": "Apache License 2.0",
      "identifier": "Apache-2.0"
    }
  },
  "servers": [
    {
      "url": "http://localhost:3200"
    }
  ],
  "tags": [
    {
      "name": "product",
      "description": "Operations of product"
    }
  ],
  "paths": {
    "/api/products/{id}": {
      "get": {
        "operationId": "product.read",
        "tags": [
          "product"
        ],
        "summary": "Read one product",
        "security": [],
        "parameters": [
          {
            "name": "id",
            "in": "path",
            "required": true,
            "schema": {
              "type": "string",
              "minLength": 1,
              "maxLength": 64
            }
          },
          {
            "name": "text",
            "in": "query",
            "required": false,
            "schema": {
              "type": "string",
              "maxLength": 9
            }
          },
          {
            "name": "all",
            "in": "query",
            "required": true,
            "schema": {
              "type": "boolean"
            }
          }
        ],
        "responses": {
          "200": {
            "description": "OK",
            "content": {
              "application/json": {
                "schema": {
                  "type": "object",
                  "properties": {
                    "data": {
                      "$ref": "#/components/schemas/Product"
                    }
                  },
                  "required": [
                    "data"
                  ]
                }
              }
            }
          },
          "400": {
            "description": "The request is not valid",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Error"
                }
              }
            }
          },
          "404": {
            "description": "Not found",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Error"
                }
              }
            }
          }
        }
      }
    }
  },
  "components": {
    "schemas": {
      "Error": {
        "type": "object",
        "properties": {
          "error": {
            "type": "string"
          }
        },
        "required": [
          "error"
        ]
      },
      "Product": {
        "type": "object",
        "properties": {
          "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 64
          },
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255
          },
          "price": {
            "type": "number",
            "multipleOf": 0.01
          },
          "level": {
            "type": [
              "string",
              "null"
            ],
            "enum": [
              "low",
              "high",
              null
            ]
          }
        },
        "required": [
          "id",
          "name",
          "price",
          "level"
        ]
      }
    }
  }
}
)";

}  // namespace portico::schema
