// What notifications are made of and who may see them: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "portico/observe/call.h"
#include "portico/store/query.h"
#include "systems/shop/notification/api.h"
#include "systems/shop/order/api.h"

namespace shop::notification {

inline constexpr int64_t tries_max = 3;  // to send a notification; then it has failed

// What is wrong with the template a notification names, or with its variables.
std::vector<Violation> faults(const NewNotification& input);

// A notification that waits to be sent; id and times are given when it is stored.
Notification pending(NewNotification input);
Notification welcome(const user::UserRegistered& event, std::string_view login_url);
Notification shipped(const order::OrderShipped& event);
Notification cancelled(const order::OrderCancelled& event);

// Whether its user wants it to be sent.
bool is_wanted(const Preferences& preferences, const Notification& notification);

// Own ones, and an administrator everybody's.
bool may_read(const Caller& caller, const Id<User>& user);
Error foreign();                            // 403
Error unknown(const Id<Notification>& id);  // 404

// A page of a user's notifications, newest first; Error(invalid) for one too far back.
Query query_of(const OfUser& input, bool unread_only);

// A mobile number in international form: "+491701234567".
std::string international(const user::Mobile& mobile);

// The failure as the user of the notification may read it: at most 500 bytes, nothing internal.
std::string shown(const Error& error);

}  // namespace shop::notification
