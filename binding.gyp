{
  'targets': [
    {
      'target_name': 'ndcheckpoint',
      'sources': ["<!@(node -p \"Object.values(require('./native/sources.json')).flat().join(' ')\")"],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=9', 'NAPI_CPP_EXCEPTIONS', '_FILE_OFFSET_BITS=64'],
      'cflags!': ['-fno-exceptions', '-O2'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20', '-O2'],
      'cflags': ['-O3', '-fvisibility=hidden'],
      'cflags_cc': [
        '-std=c++20', '-O3', '-Wall', '-Wextra', '-Werror',
        '-fexceptions', '-fvisibility=hidden', '-fvisibility-inlines-hidden',
      ],
      'conditions': [
        ['OS=="linux"', {
          'ldflags': ['-Wl,--gc-sections', '-Wl,-z,now'],
        }],
        ['OS=="mac"', {
          'xcode_settings': {
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
            'CLANG_CXX_LIBRARY': 'libc++',
            'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
            'GCC_OPTIMIZATION_LEVEL': '3',
            'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
            'MACOSX_DEPLOYMENT_TARGET': '11.0',
            'WARNING_CFLAGS': ['-Wall', '-Wextra', '-Werror'],
          },
        }],
      ],
    },
  ],
}
