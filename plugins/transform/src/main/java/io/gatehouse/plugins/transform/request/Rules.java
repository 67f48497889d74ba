package io.gatehouse.plugins.transform.request;

import io.gatehouse.plugins.transform.Rule;
import java.util.List;

/** All rules for one part of a request, with their templates read. Immutable. */
final class Rules {
    /** A name and the template of a value. */
    record Setting(String name, Template value) {}

    final String[] remove;
    final Setting[] rename;
    final Setting[] replace;
    final Setting[] add;
    final Setting[] append;

    Rules(List<String> remove, List<String> rename, List<String> replace, List<String> add, List<String> append) {
        this.remove = remove.stream().map(entry -> Rule.of(entry).name()).toArray(String[]::new);
        this.rename = settings(rename);
        this.replace = settings(replace);
        this.add = settings(add);
        this.append = settings(append);
    }

    private static Setting[] settings(List<String> entries) {
        return entries.stream()
                .map(Rule::of)
                .filter(Rule::hasValue)
                .map(rule -> new Setting(rule.name(), Template.of(rule.value())))
                .toArray(Setting[]::new);
    }

    boolean isEmpty() {
        return remove.length + rename.length + replace.length + add.length + append.length == 0;
    }

    /** Whether the value of a rule comes from a header. */
    boolean readsHeaders() {
        for (Setting[] settings : new Setting[][] {replace, add, append}) {
            for (Setting setting : settings) {
                if (setting.value().readsHeaders()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a rule may change what is there under a name, in upper or lower case. */
    boolean names(String name) {
        for (String removed : remove) {
            if (removed.equalsIgnoreCase(name)) {
                return true;
            }
        }
        for (Setting setting : rename) {
            if (setting.name().equalsIgnoreCase(name)
                    || setting.value().toString().equalsIgnoreCase(name)) {
                return true;
            }
        }
        for (Setting[] settings : new Setting[][] {replace, add, append}) {
            for (Setting setting : settings) {
                if (setting.name().equalsIgnoreCase(name)) {
                    return true;
                }
            }
        }
        return false;
    }
}
