// The version of Breeze, semantic (semver.org). The build, the packages and the documentation read
// it from here.
#ifndef BREEZE_VERSION_H_
#define BREEZE_VERSION_H_

#define BREEZE_VERSION_MAJOR 0
#define BREEZE_VERSION_MINOR 1
#define BREEZE_VERSION_PATCH 0

#define BREEZE_VERSION_TEXT_(major, minor, patch)  #major "." #minor "." #patch
#define BREEZE_VERSION_TEXT__(major, minor, patch) BREEZE_VERSION_TEXT_(major, minor, patch)
#define BREEZE_VERSION                                                                             \
    BREEZE_VERSION_TEXT__(BREEZE_VERSION_MAJOR, BREEZE_VERSION_MINOR, BREEZE_VERSION_PATCH)

#endif // BREEZE_VERSION_H_
