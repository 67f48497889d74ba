package io.gatehouse.plugins.ai.proxy;

/** JSON pointers to names that somebody else chose. */
final class Pointers {
    private Pointers() {}

    static String escape(String name) {
        return name.indexOf('~') < 0 && name.indexOf('/') < 0
                ? name
                : name.replace("~", "~0").replace("/", "~1");
    }

    /** The pointer to a member of the outermost object. */
    static String to(String name) {
        return '/' + escape(name);
    }
}
