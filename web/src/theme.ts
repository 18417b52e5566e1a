/** One look for all pages, light and dark. Colours of text reach 4.5 : 1 on what they stand on; style.css has the frame's. */
import { theme } from "antd";
import type { ThemeConfig } from "antd";

const FONT = 'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

const BOTH = {
  fontFamily: FONT, borderRadius: 6, fontSizeHeading1: 26, fontSizeHeading2: 20, fontSizeHeading3: 17, fontSizeHeading4: 15, fontSizeHeading5: 14,
};

const LIGHT: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  token: {
    ...BOTH,
    colorPrimary: "#1d7a46", colorLink: "#17693b", colorLinkHover: "#0f4d2a", colorInfo: "#1f5f99", colorSuccess: "#23783f", colorError: "#b3261e", colorWarning: "#9a5b00",
    colorText: "#1d2320", colorTextSecondary: "#515a55", colorTextTertiary: "#5d6661", colorTextDescription: "#5d6661", colorTextPlaceholder: "#69726d", colorTextDisabled: "#69726d",
    colorBgLayout: "#f4f6f4", colorBorderSecondary: "#e3e8e4",
    // The algorithm makes muddy grounds of dark seeds: these are chosen.
    colorPrimaryBg: "#e6f2ea", colorPrimaryBgHover: "#d5e9dc", colorPrimaryBorder: "#a8d1b6", colorPrimaryHover: "#166338", colorPrimaryActive: "#0f4d2a",
    colorInfoBg: "#eaf2fa", colorInfoBorder: "#bcd5ec", colorSuccessBg: "#e9f5ec", colorSuccessBorder: "#b5dcc1",
    colorWarningBg: "#fdf3e1", colorWarningBorder: "#ecd2a3", colorErrorBg: "#fcebea", colorErrorBorder: "#f0bcb8",
  },
  components: { Tag: { defaultColor: "#3d4540", defaultBg: "#f0f3f1" }, Table: { headerBg: "#f4f6f4", headerColor: "#414944" }, Descriptions: { labelBg: "#f7f9f7", labelColor: "#515a55" } },
};

const DARK: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  token: {
    ...BOTH,
    colorPrimary: "#4fb377", colorLink: "#74cb98", colorLinkHover: "#98dcb4", colorInfo: "#7db7ea", colorSuccess: "#63c083", colorError: "#ff8a80", colorWarning: "#e5b25d",
    colorBgBase: "#12161a", colorBgContainer: "#161b1e", colorBgElevated: "#1f272b", colorBgLayout: "#0e1214", colorBorder: "#46515a", colorBorderSecondary: "#2b3337", colorText: "#e6ebe8", colorTextSecondary: "#b3bdb7", colorTextTertiary: "#a3ada7", colorTextDescription: "#a3ada7", colorTextPlaceholder: "#95a099", colorTextDisabled: "#95a099",
  },
  components: { Table: { headerBg: "#1d2428" }, Descriptions: { labelBg: "#1a2023" }, Button: { primaryColor: "#07130c", dangerColor: "#07130c" }, Tabs: { itemSelectedColor: "#74cb98", itemHoverColor: "#98dcb4", itemActiveColor: "#98dcb4", inkBarColor: "#4fb377" } },
};

/** Who asked the system for less movement gets none. */
const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const moving = (look: ThemeConfig): ThemeConfig => (still ? { ...look, token: { ...look.token, motion: false } } : look);
const LOOKS = { dark: moving(DARK), light: moving(LIGHT) };

export function themeOf(dark: boolean): ThemeConfig {
  return dark ? LOOKS.dark : LOOKS.light;
}
