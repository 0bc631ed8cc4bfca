// The notification service: messages to users, their delivery and their reading.
#pragma once

#include <memory>
#include <vector>

#include "portico/host/config.h"
#include "systems/shop/notification/api.h"

namespace portico {
class ServiceParts;
}

namespace shop::notification {

// Builds the service from its parts, binds every endpoint and subscribes to what users are told of.
std::shared_ptr<void> make_service(ServiceParts& parts);

// The service's keys, under `mail.`.
std::vector<ConfigKey> notification_keys();

}  // namespace shop::notification
