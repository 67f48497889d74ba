package io.gatehouse.core.balancer;

import io.gatehouse.core.entity.TargetEntity;

/**
 * A target as it is used.
 *
 * @param name as configured, {@code host:port}
 * @param host without brackets
 */
record BalancedTarget(String id, String name, String host, int port, int weight) {
    static BalancedTarget of(TargetEntity target) {
        String text = target.target();
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, colon);
        if (host.startsWith("[")) {
            host = host.substring(1, host.length() - 1);
        }
        return new BalancedTarget(
                target.id(), text, host, Integer.parseInt(text.substring(colon + 1)), target.weight());
    }
}
