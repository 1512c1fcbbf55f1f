// What this machine can do at best, measured without Node: the limit that every figure of the
// benchmark is printed beside. Also services for the timed parts: warm free memory, given files out
// of the page cache or in it, and a disk that is busy.
//
//   raw copy BYTES | write DIRECTORY BYTES ROUND | read FILE warm|cold ROUND BYTES
//   raw touch BYTES | drop FILE... | fill FILE... | load DIRECTORY

#include "copy.h"
#include "load.h"
#include "read.h"
#include "write.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const auto is = [&](const char* name, size_t count) {
    return !args.empty() && args[0] == name && args.size() >= count;
  };
  if (is("copy", 2)) {
    Copy(std::stoull(args[1]));
    Fork(std::stoull(args[1]));
  } else if (is("write", 4)) {
    WriteAll(args[1], std::stoull(args[2]), std::stoi(args[3]));
  } else if (is("read", 5)) {
    ReadAll(args[1].c_str(), args[2] == "cold", std::stoi(args[3]), std::stoull(args[4]));
  } else if (is("touch", 2)) {
    WarmFreeMemory(std::stoull(args[1]));
  } else if (is("drop", 2)) {
    for (size_t i = 1; i < args.size(); ++i) DropFromCache(args[i].c_str());
  } else if (is("fill", 2)) {
    for (size_t i = 1; i < args.size(); ++i) FillCache(args[i].c_str());
  } else if (is("load", 2)) {
    LoadDisk(args[1]);
  } else {
    std::fprintf(stderr, "raw: copy | write | read | touch | drop | fill | load; see raw.cc\n");
    return 2;
  }
  return 0;
}
