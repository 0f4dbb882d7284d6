import type { Json } from "./http.ts";

const root = "/apis/tenon.dev/v1alpha1/namespaces";

/** Paths of our kinds, for the test client. */
export const paths = {
  components: (namespace: string) => `${root}/${namespace}/components`,
  component: (namespace: string, name: string) => `${root}/${namespace}/components/${name}`,
  compositions: (namespace: string) => `${root}/${namespace}/compositions`,
  composition: (namespace: string, name: string) => `${root}/${namespace}/compositions/${name}`,
  configMap: (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/configmaps/${name}`,
  deployment: (namespace: string, name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
} as const;

/** A Component whose bytes are in a ConfigMap of the same namespace. */
export function componentFrom(name: string, configMap: { readonly name: string; readonly key: string }): Json {
  return {
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Component",
    metadata: { name },
    spec: { source: { configMap } },
  };
}

/** A Composition with instances named `INSTANCE: COMPONENT`, and whatever else its spec is to have. */
export function compositionOf(
  name: string,
  instances: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): Json {
  return {
    apiVersion: "tenon.dev/v1alpha1",
    kind: "Composition",
    metadata: { name },
    spec: {
      instances: Object.entries(instances).map(([instance, component]) => ({
        name: instance,
        component: { name: component },
      })),
      ...more,
    },
  };
}
