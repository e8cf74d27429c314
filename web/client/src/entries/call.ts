/** The call page: someone comes to a call that they already have a seat in. */
import { mountCall } from "../call/mount";
import { pageOf } from "../page";

const page = pageOf();
mountCall(page, { session: String(page.data["session"]) });
