// The secrets of one process of a system: where they come from, and what production refuses.
#pragma once

#include <memory>

#include "portico/host/system.h"
#include "portico/security/internal.h"

namespace portico {

struct SystemKeys {
  std::unique_ptr<security::InternalKeys> internal;
  Secret service_secret;                     // from which service tokens are minted
  Secret code_key;                           // of one-time codes
  std::unique_ptr<security::Signer> signer;  // only in the process of the issuing service
};

// Reads the configured secrets and, where none is configured, the files under <data>/keys, made on first use
// (0600). In production every secret must be strong: throws Error(invalid, "secret.…") naming variable,
// reason and remedy.
SystemKeys load_keys(const SystemSpec& system, const Config& config, Runtime& runtime, bool issuer_is_here);

// Makes the folder and checks that it can be written; throws Error(conflict, "folder.…") with the remedy.
void prepare_folder(const std::string& path);

}  // namespace portico
