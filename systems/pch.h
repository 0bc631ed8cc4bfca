// What the sources of every service include; sources must compile without it too.
#pragma once
#include "cmake/pch.h"
#include "portico/host/system.h"
#include "portico/runtime/sync.h"
#include "portico/service/service.h"
#include "portico/store/store.h"
