import { lazy } from "react";
import type { ComponentType } from "react";

/** What comes when it is first shown, within the look of its components. */
export function lazily<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>): ComponentType<Props> {
  return lazy(async () => {
    const [{ default: Themed }, { default: Shown }] = await Promise.all([import("./themed"), load()]);
    return { default: (props: Props) => <Themed><Shown {...props} /></Themed> };
  }) as unknown as ComponentType<Props>;
}
