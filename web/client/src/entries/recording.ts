/** What was recorded of a talk, for its advisor: the players, once the door is open. */
import "../styles/base.css";
import "../styles/receipt.css";
import "../styles/playback.css";
import { pageOf } from "../page";
import { readLanes } from "../recording/lanes";
import { Player } from "../recording/player";

pageOf();
const page = document.getElementById("player");
if (page !== null) {
  new Player(page, readLanes(page.dataset["lanes"])).start();
  const controls = page.querySelector<HTMLElement>(".player__controls");
  if (controls) controls.hidden = false;
}
