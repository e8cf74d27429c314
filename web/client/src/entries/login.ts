/** The sign-in page works without a script; this marks that there is one. */
document.documentElement.dataset["script"] = "on";
