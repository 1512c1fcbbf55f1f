#pragma once

#include <span>
#include <string>

#include "snapshot.h"
#include "staging_dir.h"
#include "status.h"

namespace ckpt {

// One small file that is replaced as a whole, and can be put back. The calls come in this order;
// Undo may follow any of them. One thread at a time; `staging` must outlive it.
class Replacement {
 public:
  // `name` is the file's name in the staging directory; the previous file is kept as
  // `previous-<name>`.
  Replacement(const StagingDir& staging, std::string name, std::string path)
      : staging_(staging),
        name_(std::move(name)),
        backup_("previous-" + name_),
        path_(std::move(path)) {}

  Status Write(Bytes bytes, bool durable);
  // EISDIR if a directory has the final name.
  Status KeepPrevious();
  Status Publish();
  void Undo() noexcept;

  // The new file has the final name.
  bool published() const noexcept { return published_; }

 private:
  Status CopyPrevious();

  const StagingDir& staging_;
  const std::string name_;
  const std::string backup_;
  const std::string path_;
  bool existed_ = false;  // a file had the final name before
  bool kept_ = false;     // and backup_ is it
  bool published_ = false;
};

}  // namespace ckpt
